/** Bugs in schedules, and in the handling of a wall clock that is set. */
import type {Mutant} from './mutant.ts';

export const SCHEDULE_MUTANTS: readonly Mutant[] = [
  {
    bug: 'makes up for a missed run of a schedule',
    file: 'scheduling.ts',
    from: `if (isMissed(due, context)) return skipped`,
    to: `if (false) return skipped`,
  },
  {
    bug: 'runs twice for the same minute when the clock is set back',
    file: 'scheduling.ts',
    from: `Math.max(now.wall, lastDueAt ?? -Infinity)`,
    to: `now.wall`,
  },
  {
    bug: 'does not reschedule when the clock is set back',
    file: 'core.ts',
    from: `if (this.#roster.keepTime(time))`,
    to: `if (this.#roster.keepTime(time) && false)`,
  },
  {
    bug: 'misses due times when the clock is set',
    file: 'roster.ts',
    from: `if (before !== null && Math.abs(now - before) < TOLERANCE_MS) return false;`,
    to: `if (before !== null) return false;`,
  },
];
