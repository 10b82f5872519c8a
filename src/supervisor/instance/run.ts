/** Helpers for handlers of events about runs. */
import type {Context, EventMap, EventType, Handler, Step} from './events.ts';
import type {Effect, Instance, Run} from '../types.ts';

/** Makes a handler that ignores its events if there is no run. */
export function withRun<K extends EventType>(
  handler: (instance: Instance, run: Run, event: EventMap[K], context: Context) => Step,
): Handler<K> {
  return (instance, event, context) =>
    instance.run === null ? [instance, []] : handler(instance, instance.run, event, context);
}

/** Returns the effect that stops the readiness probe, if there is one. The caller must clear `probed`. */
export function unprobe({probed, token}: Run): readonly Effect[] {
  return probed ? [{type: 'unprobe', token}] : [];
}
