import {errorCode} from '../base/errors.ts';
import {accessSync, constants, statSync} from 'node:fs';

/** Text that follows `is` or `holds ...,`. */
export const WAITING_UNWATCHED = 'on a file system that may hang, such as a network one: changes are not detected';

/** Returns the access mode required to watch a file or folder. */
export const watchAccess = (isFolder: boolean): number => (isFolder ? constants.R_OK | constants.X_OK : constants.R_OK);

/** Returns what a file system error means for a path to watch, as text that follows the path. */
export function unwatchableBy(error: unknown): string {
  const code = errorCode(error, 'unknown');
  return code === 'ENOENT' ? 'does not exist: it will be watched once it does' : `can't be watched (${code})`;
}

/** Returns why a path can't be watched, as text that follows the path, or null. May block on the path's file system. */
export function whyUnwatchable(path: string): string | null {
  try {
    accessSync(path, watchAccess(statSync(path).isDirectory()));
    return null;
  } catch (error) {
    return unwatchableBy(error);
  }
}
