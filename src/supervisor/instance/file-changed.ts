/**
 * Restarts instances whose watched file has changed, including finished and failed ones, since the change may fix them.
 * A pending instance sees the change when it starts.
 */
import {endRun} from './ending.ts';
import type {Handler} from './events.ts';
import {withRun} from './run.ts';
import {again, anew} from './requests.ts';

const reasonFor = (path: string): string => `${path} has changed`;

export const restingChange: Handler<'file-changed'> = instance => [anew(instance), []];

export const runningChange = withRun<'file-changed'>((instance, run, {path}, {spec}) =>
  endRun(instance, run, {why: 'watch', reason: reasonFor(path)}, spec),
);

/** Replaces an end on which the policy had to decide by a restart for the change. */
export const stoppingChange: Handler<'file-changed'> = (instance, {path}) => [
  {...again(instance, 'watch'), reason: reasonFor(path)},
  [],
];
