/** Opening of a log, as a disk task. */
import {hasCode} from '../../base/errors.ts';
import {constants, fstat as fstatFile, open as openFile, read as readFile} from 'node:fs';
import {promisify} from 'node:util';
import {makeFolderBelow} from '../files/make-folder.ts';
import {TAIL_BYTES} from './witness.ts';

/** Numeric descriptors: garbage collection would close a FileHandle. */
const open = promisify(openFile);
const fstat = promisify(fstatFile);
const read = promisify(readFile);

export interface Opened {
  readonly fd: number;
  /** The last bytes, which begin at `offset`. */
  readonly tail: Uint8Array;
  readonly offset: number;
}

export const isMissing = (error: unknown): boolean => hasCode(error, 'ENOENT');

/**
 * Opens a log, or creates it and its folder.
 *
 * @param close closes a descriptor that is not returned because of an error
 */
export async function openLog(folder: string, path: string, close: (fd: number) => void): Promise<Opened> {
  const attempt = (): Promise<number> => open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  const fd = await attempt().catch(async (error: unknown) => {
    if (!isMissing(error)) throw error;
    await makeFolderBelow(folder);
    return attempt();
  });
  try {
    const {size} = await fstat(fd);
    const offset = Math.max(0, size - TAIL_BYTES);
    const {buffer, bytesRead} = await read(fd, Buffer.alloc(size - offset), 0, size - offset, offset);
    return {fd, offset, tail: buffer.subarray(0, bytesRead)};
  } catch (error) {
    close(fd);
    throw error;
  }
}
