/** The notify socket of a run (sd_notify(3)), and the variables that announce it. */
import {createHash} from 'node:crypto';
import {join} from 'node:path';
import {inFolder} from '../../control/folder.ts';
import {MAX_SOCKET_PATH} from '../../control/socket-path.ts';
import type {WorkerSpec} from '../../fleet/types.ts';
import {usesNotify} from '../../fleet/readiness.ts';
import {makeSocketFolderInTime} from '../../posix/socket-folder-wait.ts';
import {isReachable, pathOf, SocketFolderError, socketFolders} from '../../posix/socket-folder.ts';

export type NotifyAddress = {readonly path: string} | {readonly code: string; readonly message: string};

const fits = (path: string): boolean => Buffer.byteLength(path) <= MAX_SOCKET_PATH;

/** The path of a run's socket in the folder of runs. */
const ownPath = (folder: string, token: string): string => join(inFolder.runs(folder), `${token}.notify`);

/** Returns whether a run's socket needs another folder, which may have to be made first. */
export const needsSocketFolder = (spec: WorkerSpec, folder: string, token: string): boolean =>
  usesNotify(spec) && (spec.user !== null || !fits(ownPath(folder, token)));

/** Returns the address of a run without {@link needsSocketFolder}; null without notify. */
export const ownNotifyAddress = (spec: WorkerSpec, folder: string, token: string): NotifyAddress | null =>
  usesNotify(spec) ? {path: ownPath(folder, token)} : null;

/**
 * Returns the path of a run's socket: in the folder of runs or, if that path is too long or leads through folders that
 * the worker's user may not enter, in a folder for such sockets. Never an abstract name (`@name`): every user of the
 * machine may send to those, and fill their queues.
 */
export async function findNotifyAddress(folder: string, token: string, isOtherUser: boolean): Promise<NotifyAddress> {
  const own = ownPath(folder, token);
  if (!isOtherUser && fits(own)) return {path: own};
  // /proc/net/unix shows the path to everybody, and a run's token must stay secret.
  const name = `${createHash('sha256').update(token).digest('hex').slice(0, 32)}.notify`;
  const problems: string[] = [];
  let code = 'ENAMETOOLONG';
  for (const place of socketFolders(folder, process.env, process.getuid?.() ?? 0)) {
    const path = join(pathOf(place), name);
    try {
      if (!fits(path)) problems.push(`${path} exceeds ${MAX_SOCKET_PATH} bytes`);
      else if (isOtherUser && !isReachable(place.base)) problems.push(`its user can't access ${place.base}`);
      else {
        await makeSocketFolderInTime(place);
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

/** The chain sets WATCHDOG_PID: only it has the pid. */
export function notifyEnvironment({watchdogMs}: WorkerSpec, notify: string | null): Readonly<Record<string, string>> {
  return {
    ...(notify === null ? {} : {NOTIFY_SOCKET: notify}),
    ...(watchdogMs === null ? {} : {WATCHDOG_USEC: String(Math.round(watchdogMs * 1000))}),
  };
}
