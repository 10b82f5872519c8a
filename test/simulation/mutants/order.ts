/** Bugs in the order of workers, and in the application of a fleet file. */
import type {Mutant} from './mutant.ts';

export const ORDER_MUTANTS: readonly Mutant[] = [
  {
    bug: 'ends a worker before its dependents',
    file: 'order.ts',
    from: `standing.going === 0`,
    to: `standing.going >= 0`,
  },
  {
    bug: 'does not end the workers that require a stopped one',
    file: 'next-step.ts',
    from: `(wanted === 'up' && heldBy === null)`,
    to: `wanted === 'up'`,
  },
  {
    bug: 'starts a worker before those in its `after` are ready',
    file: 'order.ts',
    from: `for (const name of spec.after) {`,
    to: `for (const name of spec.requires) {`,
  },
  {
    bug: 'does not notice when a dependency gets ready',
    file: 'roster.ts',
    from: `member.dependents.forEach(d => this.touch(d))`,
    to: `void 0`,
  },
  {
    bug: 'restarts workers when an unchanged fleet file is applied',
    file: 'configure.ts',
    from: `differing(before, after).some(`,
    to: `before.name === after.name || differing(before, after).some(`,
  },
];
