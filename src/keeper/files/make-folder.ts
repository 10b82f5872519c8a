/**
 * Folders inside the fleet's. That one itself is made by whoever looks after it alone: made in passing, nobody would hear
 * that it had been removed, and of a fleet whose place is gone something would come back.
 */
import {errorCode} from '../../base/errors.ts';
import {mkdirSync} from 'node:fs';
import {mkdir} from 'node:fs/promises';
import {dirname} from 'node:path';

const PRIVATE = 0o700;

/** Makes a folder unless it is there. Throws `ENOENT` where the one above it is missing. */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, {mode: PRIVATE});
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

/** The same off this thread, for a folder two levels below the fleet's. */
export async function makeFolderBelow(path: string): Promise<void> {
  for (const folder of [dirname(path), path]) {
    await mkdir(folder, {mode: PRIVATE}).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error;
    });
  }
}
