import type {WorkerSpec} from './types.ts';

/** Whether a worker says how it is (sd_notify(3)). */
export const hasVoice = ({ready, watchdogMs}: Pick<WorkerSpec, 'ready' | 'watchdogMs'>): boolean =>
  ready?.kind === 'notify' || watchdogMs !== null;
