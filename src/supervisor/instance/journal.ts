/** Lines of the journal about an instance. */
import type {JournalEvent} from '../../journal/events.ts';
import type {Effect, Instance} from '../types.ts';

export const line = (event: JournalEvent): Effect => ({type: 'journal', event});

/** What a line about an instance names. */
export const ofInstance = ({worker, number}: Instance): {readonly worker: string; readonly instance: number} => ({
  worker,
  instance: number,
});

/** The same, with the pid of its main process where that is known. */
export function ofRun(instance: Instance): ReturnType<typeof ofInstance> & {readonly pid?: number} {
  const pid = instance.run?.pid ?? null;
  return pid === null ? ofInstance(instance) : {...ofInstance(instance), pid};
}
