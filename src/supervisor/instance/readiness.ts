/** How a run shows that it is ready, or fails to. */
import {endRun} from './ending.ts';
import type {Handler, Step} from './events.ts';
import {notReadyWords} from './exit.ts';
import {line, ofRun} from './journal.ts';
import {saysReady} from '../../fleet/readiness.ts';
import {unprobe, withRun} from './run.ts';
import type {Instance} from '../types.ts';

/** Its readiness was seen, or is taken for granted. */
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

/** Of one that is asked otherwise, its own word is not what it takes. */
export const saidReady: Handler<'said-ready'> = (instance, _event, {spec}) =>
  saysReady(spec) ? becomeReady(instance) : [instance, []];

/**
 * Too late: it is ended and counts as failed. But one that was adopted may have said so to a keeper that died; it is
 * only flagged.
 */
export const readyTimeout = withRun<'ready-timeout'>((instance, run, _event, {spec}) => {
  const reason = notReadyWords(spec);
  if (!run.adopted) return endRun(instance, run, {why: 'not-ready', reason}, spec);
  return [{...instance, unhealthy: true, reason, run: {...run, readyBy: null}}, []];
});
