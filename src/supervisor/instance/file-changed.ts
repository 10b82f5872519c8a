/**
 * What becomes of those that watch a file when it has changed: whoever is meant to run is started anew, also one that has
 * finished or has failed, for the change may be its cure. One that waits to begin has the change when it does.
 */
import {endRun} from './ending.ts';
import type {Handler} from './events.ts';
import {withRun} from './run.ts';
import {again, anew} from './requests.ts';

const words = (path: string): string => `${path} has changed`;

export const restingChange: Handler<'file-changed'> = instance => [anew(instance), []];

export const runningChange = withRun<'file-changed'>((instance, run, {path}, {spec}) =>
  endRun(instance, run, {why: 'watch', reason: words(path)}, spec),
);

/** The policy was to judge that end; now there is another reason to start again. */
export const stoppingChange: Handler<'file-changed'> = (instance, {path}) => [
  {...again(instance, 'watch'), reason: words(path)},
  [],
];
