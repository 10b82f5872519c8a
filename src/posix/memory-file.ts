/** A file that lies in no folder (memfd_create(2)), to hand text to a program that it inherits. */
import {closeSync, openSync, unlinkSync, writeSync} from 'node:fs';
import {check, libc, SystemError} from './libc.ts';

const MFD_CLOEXEC = 1;

const memfdCreate = libc<[string, number]>('int memfd_create(const char *name, unsigned int flags)');

/** The descriptor, close-on-exec, at its beginning. Where the kernel has no such files, one at `path` that is removed at once. */
function create(path: string): number {
  try {
    return check(memfdCreate('brood', MFD_CLOEXEC), 'memfd_create');
  } catch (error) {
    // A shortage (EMFILE, ENFILE, ENOMEM) is one for any other file, too. Before glibc 2.27 there is no such function.
    if (error instanceof SystemError && !['ENOSYS', 'EPERM', 'EACCES'].includes(error.code)) throw error;
    const fd = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
    return fd;
  }
}

/**
 * A file with this text, to be read from its beginning.
 *
 * @param path where it may lie for a moment; nothing may be there
 * @throws SystemError and what the file system refuses (`EMFILE`, `ENOSPC`)
 */
export function memoryFile(text: string, path: string): number {
  const fd = create(path);
  try {
    const bytes = Buffer.from(text);
    // At a place of its own: the position stays at the beginning.
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at, bytes.length - at, at);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
