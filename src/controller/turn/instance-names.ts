/** How a line of the journal names an instance. */
import type {Core} from '../../supervisor/index.ts';

/** Empty where there is no such instance. */
export function namesOf(
  core: Core,
  id: string | null,
): {readonly worker: string; readonly instance: number} | Record<string, never> {
  const instance = id === null ? undefined : core.get(id);
  return instance ? {worker: instance.worker, instance: instance.number} : {};
}
