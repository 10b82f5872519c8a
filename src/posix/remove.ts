/** unlink(2) and rmdir(2), without an exception and its stack where there is nothing: of most paths there is none. */
import {errno, errnoName, libc, SystemError} from './libc.ts';

const unlink = libc<[string]>('int unlink(const char *path)');
const rmdir = libc<[string]>('int rmdir(const char *path)');

/** Of a path of which a part is no folder (any more), there is no file either. */
const GONE = new Set(['ENOENT', 'ENOTDIR']);

/** Removes a file, if there is one and it can be: on a disk that takes no change it stays, and whoever finds it next tries again. */
export const removeIfPossible = (path: string): void => void unlink(path);

/**
 * Removes a file, if there is one.
 *
 * @throws {@link SystemError} where it can't be (`EROFS`, `EISDIR`, ...)
 */
export function removeFile(path: string): void {
  if (unlink(path) === 0) return;
  const number = errno();
  if (!GONE.has(errnoName(number))) throw new SystemError('unlink', number, path);
}

/** Removes a folder that is empty; answers null where it is gone, else why not (`ENOTEMPTY`, `EBUSY`). */
export function removeEmptyFolder(path: string): string | null {
  if (rmdir(path) === 0) return null;
  const code = errnoName(errno());
  return code === 'ENOENT' ? null : code;
}
