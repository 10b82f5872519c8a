/** Builds journal events about an instance. */
import type {JournalEvent} from '../../journal/events.ts';
import type {Effect, Instance} from '../types.ts';

export const line = (event: JournalEvent): Effect => ({type: 'journal', event});

/** Returns the fields that identify an instance. */
export const ofInstance = ({worker, number}: Instance): {readonly worker: string; readonly instance: number} => ({
  worker,
  instance: number,
});

/** Returns the fields that identify an instance, with the pid of its main process if known. */
export function ofRun(instance: Instance): ReturnType<typeof ofInstance> & {readonly pid?: number} {
  const pid = instance.run?.pid ?? null;
  return pid === null ? ofInstance(instance) : {...ofInstance(instance), pid};
}
