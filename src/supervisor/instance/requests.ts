/** Requests for an instance. They change `wanted` at once; runs end when the order allows it. */
import {endRun, isOpen} from './ending.ts';
import type {Context, Handler} from './events.ts';
import {NO_HISTORY} from './restart.ts';
import {withRun} from './run.ts';
import type {Instance, Run} from '../types.ts';

/** Starts an instance with a reset history, and regardless of its schedule unless `inTime`. */
export const start: Handler<'start'> = (instance, {inTime}, context) => [
  anew(inTime ? instance : released(instance, context)),
  [],
];

export const restart: Handler<'restart'> = (instance, {why, stay}, context) => [
  anew(staying(why === 'restart' ? released(instance, context) : instance, stay)),
  [],
];

function released(instance: Instance, {spec}: Context): Instance {
  return {...instance, released: spec.schedule !== null};
}

export function anew(instance: Instance): Instance {
  return {...instance, ...NO_HISTORY, wanted: 'up', status: 'pending', backoff: null, reason: null};
}

function staying(instance: Instance, stay: boolean): Instance {
  return instance.leaving && stay ? {...instance, leaving: false} : instance;
}

export const runningStart: Handler<'start'> = (instance, _event, context) => [
  instance.wanted === 'up' ? instance : {...released(instance, context), wanted: 'up'},
  [],
];

/** The instance starts again after the end of its current run. */
export const stoppingStart: Handler<'start'> = (instance, {inTime}, context) => [
  again(inTime ? instance : released(instance, context), 'restart'),
  [],
];

export const runningRestart = withRun<'restart'>((instance, run, {why, stay}, {spec}) => {
  const reason = why === 'changed' ? 'its definition changed' : 'is being restarted';
  return endRun({...staying(instance, stay), wanted: 'up'}, run, {why, reason}, spec);
});

export const stoppingRestart: Handler<'restart'> = (instance, {why, stay}, context) => [
  again(staying(why === 'restart' ? released(instance, context) : instance, stay), why),
  [],
];

export function again(instance: Instance, why: 'restart' | 'changed' | 'watch'): Instance {
  return {...instance, ...NO_HISTORY, wanted: 'up', run: meant(instance.run, why)};
}

/** Turns an end on which the policy had to decide into a requested one. */
function meant(run: Run | null, why: 'restart' | 'changed' | 'watch'): Run | null {
  return run !== null && isOpen(run.ending) ? {...run, ending: why} : run;
}

/** Wanted down, with no due time of a schedule. */
const DOWN = {wanted: 'down', nextRunAt: null, released: false} as const;

/** Stops an instance without a run: at once, or as soon as nothing of its last run is left. */
export const restingStop: Handler<'stop'> = (instance, {leave}) => [
  {
    ...instance,
    ...DOWN,
    leaving: leave,
    status: instance.clearing === null ? 'stopped' : 'stopping',
    backoff: null,
    reason: null,
  },
  [],
];

/** Stops an instance with a run, which ends when its dependents are down. */
export const runningStop: Handler<'stop'> = (instance, {leave}) => [{...instance, ...DOWN, leaving: leave}, []];

export const stoppingStop: Handler<'stop'> = (instance, {leave}) => {
  const {run} = instance;
  return [
    {
      ...instance,
      ...DOWN,
      leaving: leave,
      run: run === null ? null : {...run, ending: 'stop'},
      reason: null,
    },
    [],
  ];
};
