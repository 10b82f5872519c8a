/** What handlers share about runs. */
import type {WorkerSpec} from '../../fleet/types.ts';
import type {Context, EventMap, EventType, Handler, Step} from './events.ts';
import type {Effect, Instance, Run} from '../types.ts';

/** A handler of events that mean nothing without a run. */
export function withRun<K extends EventType>(
  handler: (instance: Instance, run: Run, event: EventMap[K], context: Context) => Step,
): Handler<K> {
  return (instance, event, context) =>
    instance.run === null ? [instance, []] : handler(instance, instance.run, event, context);
}

/** Whether it says by itself that it is ready. */
export function saysReady({ready}: WorkerSpec): boolean {
  return ready?.kind === 'notify' || ready?.kind === 'fd';
}

/** Whether somebody has to be asked if it is ready; else it says so, or is when it was spawned, or some time after. */
export function isProbed(spec: WorkerSpec): boolean {
  return spec.ready !== null && spec.ready.kind !== 'after' && !saysReady(spec);
}

/** Ends the asking, where it is under way; the run is no longer `probed` then. */
export function unprobe({probed, token}: Run): readonly Effect[] {
  return probed ? [{type: 'unprobe', token}] : [];
}
