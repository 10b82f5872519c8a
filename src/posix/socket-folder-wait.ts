/** Creates folders for sockets with a time limit, since mkdir(2) may block for ever. */
import {formatDuration} from '../base/format.ts';
import {makeSocketFolder, pathOf, SocketFolderError, type SocketFolder} from './socket-folder.ts';

/** The creation normally takes less than a millisecond. */
const PATIENCE_MS = 5_000;

/** By path, so that at most one thread blocks for each path. */
const underWay = new Map<string, Promise<void>>();

/**
 * @throws {@link SocketFolderError} if the folder can't be created, may be changed by another user, or is late
 * (`ETIMEDOUT`)
 */
export async function makeSocketFolderInTime(place: SocketFolder): Promise<void> {
  const path = pathOf(place);
  const making = underWay.get(path) ?? makeSocketFolder(place).finally(() => underWay.delete(path));
  underWay.set(path, making);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const why = `a process that reads ${place.base} may be blocked, which keeps others from creating anything there`;
      reject(
        new SocketFolderError(
          'ETIMEDOUT',
          `folder ${path} was not created within ${formatDuration(PATIENCE_MS)}: ${why}`,
        ),
      );
    }, PATIENCE_MS);
  });
  try {
    await Promise.race([making, late]);
  } finally {
    clearTimeout(timer);
  }
}
