/** unlink(2) and rmdir(2), without an exception and its stack if there is no file, which is the case for most paths. */
import {errno, errnoName, libc, SystemError} from './libc.ts';

const unlink = libc<[string]>('int unlink(const char *path)');
const rmdir = libc<[string]>('int rmdir(const char *path)');

/** The errors of a missing file: ENOTDIR if a part of the path is no folder (any more). */
const GONE = new Set(['ENOENT', 'ENOTDIR']);

/**
 * Removes a file if possible. On a disk that rejects changes the file stays, and the next process that finds it tries
 * again.
 */
export const removeIfPossible = (path: string): void => void unlink(path);

/**
 * Removes a file, if there is one.
 *
 * @throws {@link SystemError} if it can't be removed (`EROFS`, `EISDIR`, ...)
 */
export function removeFile(path: string): void {
  if (unlink(path) === 0) return;
  const number = errno();
  if (!GONE.has(errnoName(number))) throw new SystemError('unlink', number, path);
}

/** Removes an empty folder. Returns null if it is gone, else the error (`ENOTEMPTY`, `EBUSY`). */
export function removeEmptyFolder(path: string): string | null {
  if (rmdir(path) === 0) return null;
  const code = errnoName(errno());
  return code === 'ENOENT' ? null : code;
}
