/**
 * Folders inside the fleet's folder. The fleet's folder itself is made only by the code that looks after it: made here
 * in passing, its removal would go unreported, and a part of a fleet whose place is gone would reappear.
 */
import {errorCode} from '../../base/errors.ts';
import {mkdirSync} from 'node:fs';
import {mkdir} from 'node:fs/promises';
import {dirname} from 'node:path';

const PRIVATE = 0o700;

/** Makes a folder unless it exists. Throws `ENOENT` if its parent is missing. */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, {mode: PRIVATE});
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

/** Makes a folder two levels below the fleet's, and its parent, on another thread. */
export async function makeFolderBelow(path: string): Promise<void> {
  for (const folder of [dirname(path), path]) {
    await mkdir(folder, {mode: PRIVATE}).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error;
    });
  }
}
