/** The names of an instance in a journal line. */
import type {Core} from '../../supervisor/index.ts';

/** Returns an empty object if there is no such instance. */
export function namesOf(
  core: Core,
  id: string | null,
): {readonly worker: string; readonly instance: number} | Record<string, never> {
  const instance = id === null ? undefined : core.get(id);
  return instance ? {worker: instance.worker, instance: instance.number} : {};
}
