/** Handles runs whose health checks have failed. The health checker counts the failures. */
import {endRun} from './ending.ts';
import {line, ofRun} from './journal.ts';
import {historyAfter} from './restart.ts';
import {withRun} from './run.ts';

/**
 * Ends the run, which counts as a failure. The run's duration counts until it was last known to be healthy: otherwise
 * the duration of the checks alone would reset the row of restarts of a run that is never healthy, and its instance
 * would never give up.
 *
 * A paused run can't answer. An instance that is wanted down ends when its turn comes, after its dependents.
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
