/** What a group does to one of its instances: it restarts with the others, or is given up with them. */
import {endRun, isOpen} from './ending.ts';
import type {Handler, Step} from './events.ts';
import {inBackoff} from './outcome.ts';
import {jittered} from './restart.ts';
import {withRun} from './run.ts';

/** Its own end is a failure no more: it is started again with the others. */
export const runningRegroup = withRun<'regroup'>((instance, run, {reason}, {spec, now, rate}) => {
  rate.charge(now.mono);
  return endRun(instance, run, {why: 'group', reason}, spec);
});

/** What the policy was to judge, or what was given up, now ends for the group. One that is wanted down stays so. */
export const stoppingRegroup = withRun<'regroup'>((instance, run, {reason}, {now, rate}) => {
  if (instance.wanted === 'down' || !isOpen(run.ending)) return [instance, []];
  rate.charge(now.mono);
  return [{...instance, reason, run: {...run, ending: 'group'}}, []];
});

/** Ended well and for good, as its policy says, but the others begin anew; a `never` worker has done its part. */
export const finishedRegroup: Handler<'regroup'> = (instance, {reason}, {spec, now, rate}) => {
  if (spec.restart === 'never') return [instance, []];
  rate.charge(now.mono);
  return [{...instance, status: 'pending', restarts: instance.restarts + 1, reason}, []];
};

/** It had given up; with its group it gets another chance, no sooner than its next restart would have come. */
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
