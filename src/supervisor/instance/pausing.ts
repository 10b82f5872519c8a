/** Pausing by command and by anybody's SIGSTOP: while it is paused, a run is not asked whether it is ready. */
import {line, ofRun} from './journal.ts';
import {withRun} from './run.ts';
import type {Effect, Instance, Run} from '../types.ts';

/** The tree is frozen again even if the main process is stopped: that may have been done to it alone. */
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

/** One that is not spawned yet is frozen when it is. */
function whole(type: 'freeze' | 'thaw', run: Run): readonly Effect[] {
  return run.pid === null ? [] : [{type, token: run.token}];
}

function paused(instance: Instance, run: Run, mono: number): Instance {
  return run.pausedAt === null ? {...instance, run: {...run, pausedAt: mono}} : instance;
}

/** Its readiness deadlines move by the pause; alarm and `max_runtime` go on, as the kernel's alarm does. */
function continued(instance: Instance, run: Run, mono: number): Instance {
  if (run.pausedAt === null) return instance;
  const moved = (at: number | null): number | null => (at === null ? null : at + mono - (run.pausedAt ?? mono));
  return {...instance, run: {...run, pausedAt: null, readyBy: moved(run.readyBy), readyAt: moved(run.readyAt)}};
}
