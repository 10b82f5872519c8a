/** Makes folders for sockets, and waits for that only so long: what keeps mkdir(2) from its work may go on for ever. */
import {formatDuration} from '../base/format.ts';
import {makeSocketFolder, pathOf, SocketFolderError, type SocketFolder} from './socket-folder.ts';

/** It takes less than a millisecond. */
const PATIENCE_MS = 5_000;

/** By path. Of each, one thread waits at most. */
const underWay = new Map<string, Promise<void>>();

/** @throws {@link SocketFolderError} where it can't be made, is not this user's alone, or is not there in time (`ETIMEDOUT`) */
export async function makeSocketFolderInTime(place: SocketFolder): Promise<void> {
  const path = pathOf(place);
  const making = underWay.get(path) ?? makeSocketFolder(place).finally(() => underWay.delete(path));
  underWay.set(path, making);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const why = `perhaps a process that reads ${place.base} does not go on, which keeps others from making anything there`;
      reject(
        new SocketFolderError('ETIMEDOUT', `folder ${path} is not made after ${formatDuration(PATIENCE_MS)}: ${why}`),
      );
    }, PATIENCE_MS);
  });
  try {
    await Promise.race([making, late]);
  } finally {
    clearTimeout(timer);
  }
}
