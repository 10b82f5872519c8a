/** Pauses by command and by SIGSTOP of any process. The readiness deadlines of a paused run are suspended. */
import {line, ofRun} from './journal.ts';
import {withRun} from './run.ts';
import type {Effect, Instance, Run} from '../types.ts';

/** Freezes the tree even if the main process is stopped already: the others may still run. */
export const pause = withRun<'pause'>((instance, run, _event, {now}) => [
  paused(instance, run, now.mono),
  [...whole('freeze', run), ...(run.pausedAt === null ? [line({type: 'paused', ...ofRun(instance)})] : [])],
]);

export const resume = withRun<'resume'>((instance, run, _event, {now}) => [
  continued(instance, run, now.mono),
  [...whole('thaw', run), ...(run.pausedAt === null ? [] : [line({type: 'resumed', ...ofRun(instance)})])],
]);

export const factPaused = withRun<'paused'>((instance, run, _event, {now}) =>
  run.pausedAt === null
    ? [paused(instance, run, now.mono), [line({type: 'paused', ...ofRun(instance)})]]
    : [instance, []],
);

export const factContinued = withRun<'continued'>((instance, run, _event, {now}) =>
  run.pausedAt === null
    ? [instance, []]
    : [continued(instance, run, now.mono), [line({type: 'resumed', ...ofRun(instance)})]],
);

/** A run that is not spawned yet is frozen after its spawn. */
function whole(type: 'freeze' | 'thaw', run: Run): readonly Effect[] {
  return run.pid === null ? [] : [{type, token: run.token}];
}

function paused(instance: Instance, run: Run, mono: number): Instance {
  return run.pausedAt === null ? {...instance, run: {...run, pausedAt: mono}} : instance;
}

/** Moves the readiness deadlines by the pause. Alarm and `max_runtime` continue, as the kernel's alarm does. */
function continued(instance: Instance, run: Run, mono: number): Instance {
  if (run.pausedAt === null) return instance;
  const moved = (at: number | null): number | null => (at === null ? null : at + mono - (run.pausedAt ?? mono));
  return {...instance, run: {...run, pausedAt: null, readyBy: moved(run.readyBy), readyAt: moved(run.readyAt)}};
}
