/** What handlers share about runs. */
import type {Context, EventMap, EventType, Handler, Step} from './events.ts';
import type {Effect, Instance, Run} from '../types.ts';

/** A handler of events that mean nothing without a run. */
export function withRun<K extends EventType>(
  handler: (instance: Instance, run: Run, event: EventMap[K], context: Context) => Step,
): Handler<K> {
  return (instance, event, context) =>
    instance.run === null ? [instance, []] : handler(instance, instance.run, event, context);
}

/** Ends the asking, where it is under way; the run is no longer `probed` then. */
export function unprobe({probed, token}: Run): readonly Effect[] {
  return probed ? [{type: 'unprobe', token}] : [];
}
