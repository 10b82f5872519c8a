import {errorCode} from '../base/errors.ts';
import {accessSync, constants, statSync} from 'node:fs';

/** In words that follow `is` or `holds ...,`. */
export const WAITING_UNWATCHED = 'on a file system that may not answer, as those of a network: changes are not seen';

/** What is asked for of something that is watched. */
export const watchAccess = (isFolder: boolean): number => (isFolder ? constants.R_OK | constants.X_OK : constants.R_OK);

/** Of an error of the file system: what it means for a path that is to be watched, in words that follow it. */
export function unwatchableBy(error: unknown): string {
  const code = errorCode(error, 'unknown');
  return code === 'ENOENT' ? 'does not exist: it is watched from when it does' : `can't be watched (${code})`;
}

/** What keeps a path from being watched, in words that follow it; null: nothing. It may wait for the path's file system. */
export function whyUnwatchable(path: string): string | null {
  try {
    accessSync(path, watchAccess(statSync(path).isDirectory()));
    return null;
  } catch (error) {
    return unwatchableBy(error);
  }
}
