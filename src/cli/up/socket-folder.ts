/**
 * Makes, before a fleet is started, the folder that fleets share for the sockets of their workers. `up` may wait for
 * that, a supervisor may not. The supervisor makes its own folder in it.
 */
import {join} from 'node:path';
import {inFolder} from '../../control/folder.ts';
import {MAX_SOCKET_PATH} from '../../control/socket-path.ts';
import type {FleetSpec} from '../../fleet/types.ts';
import {usesNotify} from '../../fleet/readiness.ts';
import {makeSocketFolderInTime} from '../../posix/socket-folder-wait.ts';
import {isReachable, socketFolders} from '../../posix/socket-folder.ts';

/** A name as long as that of a run's own socket. */
const NAME = `${'0'.repeat(32)}.notify`;

/** Errors are ignored: the start that needs the folder reports them. */
export async function prepareSocketFolder(folder: string, {workers}: FleetSpec): Promise<void> {
  const notifying = workers.filter(usesNotify);
  const isForOthers = notifying.some(({user}) => user !== null);
  const isTooLong = Buffer.byteLength(join(inFolder.runs(folder), NAME)) > MAX_SOCKET_PATH;
  if (notifying.length === 0 || (!isForOthers && !isTooLong)) return;
  for (const place of socketFolders(folder, process.env, process.getuid?.() ?? 0)) {
    if (isForOthers && !isReachable(place.base)) continue;
    try {
      await makeSocketFolderInTime({...place, names: place.names.slice(0, -1)});
      return;
    } catch {
      // The next folder may work.
    }
  }
}
