/** A file without a name (memfd_create(2)), to pass text to a program that inherits it. */
import {closeSync, openSync, unlinkSync, writeSync} from 'node:fs';
import {check, libc, SystemError} from './libc.ts';

const MFD_CLOEXEC = 1;

const memfdCreate = libc<[string, number]>('int memfd_create(const char *name, unsigned int flags)');

/**
 * Returns a descriptor, close-on-exec, at the beginning of the file. If the kernel has no such files, creates one at
 * `path` and removes it at once.
 */
function create(path: string): number {
  try {
    return check(memfdCreate('brood', MFD_CLOEXEC), 'memfd_create');
  } catch (error) {
    // A shortage (EMFILE, ENFILE, ENOMEM) affects any other file, too. glibc before 2.27 has no such function.
    if (error instanceof SystemError && !['ENOSYS', 'EPERM', 'EACCES'].includes(error.code)) throw error;
    const fd = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
    return fd;
  }
}

/**
 * Returns the descriptor of a file with this text, at its beginning.
 *
 * @param path where the file may exist for a moment; nothing may be there
 * @throws SystemError and file system errors (`EMFILE`, `ENOSPC`)
 */
export function memoryFile(text: string, path: string): number {
  const fd = create(path);
  try {
    const bytes = Buffer.from(text);
    // An explicit offset leaves the position at the beginning.
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at, bytes.length - at, at);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
