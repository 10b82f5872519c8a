/** Checks whether the file that is being written is still the one at its path. */
import {errorCode} from '../../base/errors.ts';
import {fstat as fstatFile} from 'node:fs';
import {stat} from 'node:fs/promises';
import {promisify} from 'node:util';

const fstat = promisify(fstatFile);

/** `removed`: the file has no name any more. `elsewhere`: it has another name, or another file has its name. */
export type Place = 'there' | 'removed' | 'elsewhere';

/** Descriptions of the repair. */
export const LOST: Readonly<Record<Exclude<Place, 'there'>, string>> = {
  removed: 'it was removed, and is created again',
  elsewhere: 'it was moved or replaced, and is opened again',
};

/** Finds out the place of an open file, as a disk task. Throws if that fails. */
export async function placeOf(path: string, fd: number): Promise<Place> {
  const held = await fstat(fd);
  if (held.nlink === 0) return 'removed';
  try {
    const found = await stat(path);
    return found.ino === held.ino && found.dev === held.dev ? 'there' : 'elsewhere';
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 'elsewhere';
    throw error;
  }
}
