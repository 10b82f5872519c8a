/** Bugs in the committed state: changes, the snapshot, and what a restored core makes of it. */
import type {Mutant} from './mutant.ts';

export const STATE_MUTANTS: readonly Mutant[] = [
  {
    bug: 'does not commit changed instances',
    file: 'roster.ts',
    from: `this.changedCells.add(cell);`,
    to: ``,
  },
  {
    bug: 'does not commit the removal of an instance',
    file: 'roster.ts',
    from: `this.restructured = true;\n    member.cells.splice(member.cells.indexOf(cell), 1);`,
    to: `member.cells.splice(member.cells.indexOf(cell), 1);`,
  },
  {
    bug: 'leaves changes out of the snapshot',
    file: 'roster.ts',
    from: `    cell.json = null;
    this.changedCells`,
    to: `    cell.json ??= JSON.stringify(next);
    this.changedCells`,
  },
  {
    bug: 'drops backoff delays when it is restored',
    file: 'restore.ts',
    from: `roster.addCell(member, instance);`,
    to: `roster.addCell(member, instance.backoff ? {...instance, backoff: {...instance.backoff, until: 0}} : instance);`,
  },
  {
    bug: 'starts instances before all found runs are adopted',
    file: 'core.ts',
    from: `takeOver(input.runs, this.#roster, apply);`,
    to: `{ takeOver(input.runs.slice(0, 1), this.#roster, apply); this.#settle(time, effects); }`,
  },
  {
    bug: 'does not repeat an unconfirmed spawn when it is restored',
    file: 'restore.ts',
    from: `if (run.pid === null) effects.push`,
    to: `if (false) effects.push`,
  },
  {
    bug: 'does not repeat the end of a run when it is restored',
    file: 'restore.ts',
    from: `if (run.ending !== null) effects.push`,
    to: `if (false) effects.push`,
  },
  {
    bug: 'does not restart watchdogs when it is restored',
    file: 'restore.ts',
    from: `if (isWatched(instance, spec)) effects.push`,
    to: `if (false) effects.push`,
  },
  {
    bug: 'drops the restart counts of groups when it is restored',
    file: 'restore.ts',
    from: `new Map(groups)`,
    to: `new Map()`,
  },
  {
    bug: 'resets the restart rate when it is restored',
    file: 'restore.ts',
    from: `roster, options, {reload, rate})`,
    to: `roster, options, {reload, rate: rate.storm === null ? NO_RESTARTS : rate})`,
  },
];
