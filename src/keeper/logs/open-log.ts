/** Opening of a log: a piece of the disk's work. */
import {hasCode} from '../../base/errors.ts';
import {constants, fstat as fstatFile, open as openFile, read as readFile} from 'node:fs';
import {promisify} from 'node:util';
import {makeFolderBelow} from '../files/make-folder.ts';
import {TAIL_BYTES} from './witness.ts';

/** As numbers: a FileHandle would close itself some time. */
const open = promisify(openFile);
const fstat = promisify(fstatFile);
const read = promisify(readFile);

export interface Opened {
  readonly fd: number;
  /** The last bytes, and where they begin. */
  readonly tail: Uint8Array;
  readonly offset: number;
}

export const isMissing = (error: unknown): boolean => hasCode(error, 'ENOENT');

/** Opens it, or makes it and its folder. @param close of a descriptor that is not answered after all */
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
