/** Where a worker may say how it is (sd_notify(3)), and how it is told. */
import {createHash} from 'node:crypto';
import {join} from 'node:path';
import {inFolder} from '../control/folder.ts';
import {MAX_SOCKET_PATH} from '../control/socket-path.ts';
import type {WorkerSpec} from '../fleet/types.ts';

/** Whether it has something to say. */
export const hasVoice = ({ready, watchdogMs}: WorkerSpec): boolean => ready?.kind === 'notify' || watchdogMs !== null;

/**
 * The socket of a run: in the folder of runs, or outside of all folders (`@name`) where its path would be too long or
 * leads through folders that the worker's user may not enter.
 */
export function notifyAddress(folder: string, token: string, isOtherUser: boolean): string {
  const path = join(inFolder.runs(folder), `${token}.notify`);
  if (!isOtherUser && Buffer.byteLength(path) <= MAX_SOCKET_PATH) return path;
  // Everybody can read the names of such sockets, and a token is known to its run alone.
  return `@brood/${createHash('sha256').update(token).digest('hex').slice(0, 32)}`;
}

/** WATCHDOG_PID is set by the chain, which knows it. */
export function voiceEnvironment({watchdogMs}: WorkerSpec, notify: string | null): Readonly<Record<string, string>> {
  return {
    ...(notify === null ? {} : {NOTIFY_SOCKET: notify}),
    ...(watchdogMs === null ? {} : {WATCHDOG_USEC: String(Math.round(watchdogMs * 1000))}),
  };
}
