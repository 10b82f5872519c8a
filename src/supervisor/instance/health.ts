/** What becomes of a run whose health checks have failed. How often they do is counted by whoever makes them. */
import {endRun} from './ending.ts';
import {line, ofRun} from './journal.ts';
import {historyAfter} from './restart.ts';
import {withRun} from './run.ts';

/**
 * It is ended, and that counts as a failure. What it has lasted is the time until it was last known to be well: else one that
 * never is would end its row of restarts each time by the mere length of its checks, and nobody would ever give up.
 *
 * One that is paused can't answer. One that is wanted down goes when its turn comes, after those that depend on it.
 */
export const healthFailed = withRun<'health-failed'>((instance, run, {message, failures, badForMs}, {spec, now}) => {
  if (run.pausedAt !== null || instance.wanted === 'down') return [instance, []];
  const reason = unhealthyWords(message, failures);
  const history = historyAfter(run, instance, spec, now.mono - badForMs);
  const [ended, effects] = endRun({...instance, ...history, unhealthy: true}, run, {why: 'unhealthy', reason}, spec);
  return [ended, [line({type: 'health-failed', ...ofRun(instance), message, failures}), ...effects]];
});

function unhealthyWords(message: string, failures: number): string {
  return failures === 1 ? `health check failed: ${message}` : `${failures} health checks failed; last: ${message}`;
}
