import type {Effect, Instance} from '../types.ts';

/** A journal line about an instance. */
export function line(instance: Instance, type: string, fields: Readonly<Record<string, unknown>> = {}): Effect {
  return {type: 'journal', event: {type, worker: instance.worker, instance: instance.number, ...fields}};
}

/** The same, with the pid of its main process where that is known. */
export function runLine(instance: Instance, type: string, fields: Readonly<Record<string, unknown>> = {}): Effect {
  const pid = instance.run?.pid ?? null;
  return line(instance, type, pid === null ? fields : {pid, ...fields});
}
