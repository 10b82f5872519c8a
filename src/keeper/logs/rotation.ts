/** Rotation of a log by rename, as a disk task. */
import {readdir, rename} from 'node:fs/promises';
import {currentIndex, currentLog, parseLogName, rotatedIndex, rotatedLog, type Stream} from '../../logs/layout.ts';
import {isMissing} from './open-log.ts';

/** How far a file may grow beyond its maximum size while no chunk ends with a complete line. */
const PATIENCE_BYTES = 1024 * 1024;
const NEWLINE = 10;

export const isDue = (size: number, maxSize: number, lastByte: number | null): boolean =>
  size >= maxSize && (lastByte === NEWLINE || size >= maxSize + PATIENCE_BYTES);

/** Renames the current log and its index. Returns false if there is no log. */
export async function rotateLog(folder: string, stream: Stream): Promise<boolean> {
  try {
    const names = await readdir(folder);
    const last = names.map(parseLogName).reduce((most, name) => Math.max(most, name?.sequence ?? 0), 0);
    // The index first: bytes without an index are still readable, but an index without its bytes would pass for the
    // next file's.
    try {
      await rename(currentIndex(folder, stream), rotatedIndex(folder, stream, last + 1));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    await rename(currentLog(folder, stream), rotatedLog(folder, stream, last + 1));
    return true;
  } catch (error) {
    if (!isMissing(error)) throw error;
    return false; // removed meanwhile
  }
}
