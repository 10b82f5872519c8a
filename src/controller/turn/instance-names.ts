/** How a line of the journal names an instance. */
import type {Heart} from '../../supervisor/index.ts';

/** Empty where there is no such instance. */
export function namesOf(
  heart: Heart,
  id: string | null,
): {readonly worker: string; readonly instance: number} | Record<string, never> {
  const instance = id === null ? undefined : heart.get(id);
  return instance ? {worker: instance.worker, instance: instance.number} : {};
}
