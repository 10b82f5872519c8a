/** Bugs in the restart policy and in the restart rate of the fleet. */
import type {Mutant} from './mutant.ts';

export const RESTART_MUTANTS: readonly Mutant[] = [
  {
    bug: 'restarts by the wall clock',
    file: 'next-step.ts',
    from: `backoff.until <= time.mono;`,
    to: `backoff.until <= time.wall;`,
  },
  {
    bug: 'ends a row of restarts after any run',
    file: 'restart.ts',
    from: `mono - run.since - silentMs >= spec.backoff.resetAfterMs`,
    to: `mono - run.since >= 0`,
  },
  {
    bug: 'never ends a row of restarts',
    file: 'restart.ts',
    from: `return lasted ? {row: 0, delayMs: 0, recent: history.recent} : history;`,
    to: `return history;`,
  },
  {
    bug: 'gives up one restart too late',
    file: 'restart.ts',
    from: `if (history.row >= restarts)`,
    to: `if (history.row > restarts)`,
  },
  {
    bug: 'gives up one restart too early',
    file: 'restart.ts',
    from: `if (history.row >= restarts)`,
    to: `if (history.row + 1 >= restarts)`,
  },
  {
    bug: 'counts restarts in a row, but not within a time span',
    file: 'restart.ts',
    from: `if (recent.length >= restarts)`,
    to: `if (false)`,
  },
  {
    bug: 'shrinks the delay if the first one was the longest',
    file: 'restart.ts',
    from: `Math.max(history.delayMs, rowDelay(spec.backoff, history.row))`,
    to: `rowDelay(spec.backoff, history.row)`,
  },
  {
    bug: 'does not limit the rate of restarts',
    file: 'rate.ts',
    from: `return over <= 0 ?`,
    to: `return over <= Infinity ?`,
  },
  {
    bug: 'holds back first restarts because of crash loops',
    file: 'rate.ts',
    from: `(row === 1 ? 'first' : 'again')`,
    to: `(row < 0 ? 'first' : 'again')`,
  },
  {
    bug: 'never refills the burst of restarts',
    file: 'rate.ts',
    from: `Math.max(0, used - (`,
    to: `Math.max(0, used - 0 * (`,
  },
  {
    bug: 'does not count restarts with a group',
    file: 'regrouping.ts',
    from: `rate.charge(now.mono);
  return endRun(`,
    to: `return endRun(`,
  },
  {
    bug: 'restarts a held instance when its own backoff ends',
    file: 'outcome.ts',
    from: `until: Math.max(until, turn)`,
    to: `until`,
  },
  {
    bug: 'reports the end of a storm while a restart is held',
    file: 'rate.ts',
    from: `next.backoff.until + CALM_MS`,
    to: `mono + CALM_MS`,
  },
];
