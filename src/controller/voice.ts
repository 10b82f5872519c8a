/** Where a worker may say how it is (sd_notify(3)), and how it is told. */
import {createHash} from 'node:crypto';
import {join} from 'node:path';
import {inFolder} from '../control/folder.ts';
import {MAX_SOCKET_PATH} from '../control/socket-path.ts';
import type {WorkerSpec} from '../fleet/types.ts';
import {isReachable, openSocketFolder, pathOf, SocketFolderError, socketFolders} from '../posix/socket-folder.ts';

/** Whether it has something to say. */
export const hasVoice = ({ready, watchdogMs}: WorkerSpec): boolean => ready?.kind === 'notify' || watchdogMs !== null;

export type NotifyAddress = {readonly path: string} | {readonly code: string; readonly message: string};

/**
 * The path of a run's socket: in the folder of runs; or, where that path is too long or leads through folders that the
 * worker's user may not enter, in a folder for such sockets. Never an abstract name (`@name`): to those every user of the
 * machine may send, and fill their queues.
 */
export function notifyAddress(folder: string, token: string, isOtherUser: boolean): NotifyAddress {
  const fits = (path: string): boolean => Buffer.byteLength(path) <= MAX_SOCKET_PATH;
  const own = join(inFolder.runs(folder), `${token}.notify`);
  if (!isOtherUser && fits(own)) return {path: own};
  // /proc/net/unix shows the path to everybody, and a token is known to its run alone.
  const name = `${createHash('sha256').update(token).digest('hex').slice(0, 32)}.notify`;
  const problems: string[] = [];
  let code = 'ENAMETOOLONG';
  for (const place of socketFolders(folder, process.env, process.getuid?.() ?? 0)) {
    const path = join(pathOf(place), name);
    try {
      if (!fits(path)) problems.push(`${path} is over ${MAX_SOCKET_PATH} bytes`);
      else if (isOtherUser && !isReachable(place.base)) problems.push(`its user may not pass through ${place.base}`);
      else {
        openSocketFolder(place);
        return {path};
      }
    } catch (error) {
      if (!(error instanceof SocketFolderError)) throw error;
      code = error.code;
      problems.push(error.message);
    }
  }
  return {code, message: `no folder can hold its notify socket: ${problems.join('; ')} (${code})`};
}

/** WATCHDOG_PID is set by the chain, which knows it. */
export function voiceEnvironment({watchdogMs}: WorkerSpec, notify: string | null): Readonly<Record<string, string>> {
  return {
    ...(notify === null ? {} : {NOTIFY_SOCKET: notify}),
    ...(watchdogMs === null ? {} : {WATCHDOG_USEC: String(Math.round(watchdogMs * 1000))}),
  };
}
