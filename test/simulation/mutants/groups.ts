/** Bugs in the groups and their restart strategies. */
import type {Mutant} from './mutant.ts';

export const GROUP_MUTANTS: readonly Mutant[] = [
  {
    bug: 'restarts, by rest-for-one, the other instances of the failed worker',
    file: 'groups.ts',
    from: `this.children.indexOf(child) + 1`,
    to: `this.children.indexOf(child)`,
  },
  {
    bug: 'lets a group give up one restart too late',
    file: 'groups.ts',
    from: `recent.length >= giveUp.restarts`,
    to: `recent.length > giveUp.restarts`,
  },
  {
    bug: 'restarts all members of a one-for-one group',
    file: 'groups.ts',
    from: `return child instanceof Group ? child.workers : [];`,
    to: `return this.workers;`,
  },
  {
    bug: 'starts members before the whole group is down',
    file: 'group-effects.ts',
    from: `if (counts.up.stopping > 0)`,
    to: `if (false)`,
  },
  {
    bug: 'does not notice that the whole group is down',
    file: 'roster.ts',
    from: `holds(next) !== held`,
    to: `false`,
  },
  {
    bug: 'applies its own restart policy to an instance whose group gave up',
    file: 'ending.ts',
    from: `if (run.ending === 'gave-up')`,
    to: `if (false)`,
  },
];
