/** Effects of a group on one of its instances: restarting or giving up with the others. */
import {endRun, isOpen} from './ending.ts';
import type {Handler, Step} from './events.ts';
import {inBackoff} from './outcome.ts';
import {jittered} from './restart.ts';
import {withRun} from './run.ts';

/** Ends the run to restart it with the group. This end is not a failure. */
export const runningRegroup = withRun<'regroup'>((instance, run, {reason}, {spec, now, rate}) => {
  rate.charge(now.mono);
  return endRun(instance, run, {why: 'group', reason}, spec);
});

/**
 * Replaces an end on which the policy had to decide, or that gave up, by a restart with the group. An instance that is
 * wanted down stays so.
 */
export const stoppingRegroup = withRun<'regroup'>((instance, run, {reason}, {now, rate}) => {
  if (instance.wanted === 'down' || !isOpen(run.ending)) return [instance, []];
  rate.charge(now.mono);
  return [{...instance, reason, run: {...run, ending: 'group'}}, []];
});

/** Restarts a finished instance with the others, except for a `never` worker, which has done its part. */
export const finishedRegroup: Handler<'regroup'> = (instance, {reason}, {spec, now, rate}) => {
  if (spec.restart === 'never') return [instance, []];
  rate.charge(now.mono);
  return [{...instance, status: 'pending', restarts: instance.restarts + 1, reason}, []];
};

/** Restarts, with its group, an instance that had given up, no sooner than its next restart would have been. */
export const failedRegroup: Handler<'regroup'> = (instance, {reason}, {spec, now, random, rate}) => {
  if (spec.restart === 'never') return [instance, []];
  const delayMs = Math.max(instance.delayMs, spec.backoff.initialMs);
  const until = now.mono + jittered(delayMs, spec.backoff.jitter, random);
  const turn = rate.admit('again', now.mono);
  return inBackoff({...instance, row: 0, recent: [], delayMs}, until, {turn, reason}, now);
};

export const restingGiveUp: Handler<'give-up'> = (instance, {reason}) => [
  {...instance, status: 'failed', backoff: null, reason},
  [],
];

export const runningGiveUp = withRun<'give-up'>((instance, run, {reason}, {spec}) =>
  endRun(instance, run, {why: 'gave-up', reason}, spec),
);

export const stoppingGiveUp: Handler<'give-up'> = (instance, {reason}): Step => {
  const {run, wanted} = instance;
  if (wanted === 'down') return [instance, []];
  if (run === null) return [{...instance, status: 'failed', reason}, []];
  return [{...instance, reason, run: {...run, ending: 'gave-up'}}, []];
};
