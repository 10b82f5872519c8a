/** Readiness of a run, and its timeout. */
import {endRun} from './ending.ts';
import type {Handler, Step} from './events.ts';
import {notReadyWords} from './exit.ts';
import {line, ofRun} from './journal.ts';
import {saysReady} from '../../fleet/readiness.ts';
import {unprobe, withRun} from './run.ts';
import type {Instance} from '../types.ts';

/** Makes an instance ready, whether its readiness was observed or is assumed. */
export function becomeReady(instance: Instance): Step {
  const {run} = instance;
  if (run?.pid == null) return [instance, []];
  return [
    {
      ...instance,
      status: 'ready',
      unhealthy: false,
      reason: null,
      run: {...run, readyBy: null, readyAt: null, probed: false},
    },
    [...unprobe(run), line({type: 'ready', ...ofRun(instance)})],
  ];
}

export const ready: Handler<'probe-ready' | 'ready-due'> = instance => becomeReady(instance);

/** Ignored if the definition requires another proof of readiness. */
export const saidReady: Handler<'said-ready'> = (instance, _event, {spec}) =>
  saysReady(spec) ? becomeReady(instance) : [instance, []];

/**
 * Ends the run, which counts as a failure. An adopted run may have notified a keeper that died, so it is only flagged
 * as unhealthy.
 */
export const readyTimeout = withRun<'ready-timeout'>((instance, run, _event, {spec}) => {
  const reason = notReadyWords(spec);
  if (!run.adopted) return endRun(instance, run, {why: 'not-ready', reason}, spec);
  return [{...instance, unhealthy: true, reason, run: {...run, readyBy: null}}, []];
});
