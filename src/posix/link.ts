/** Names of open files. */
import {check, libc} from './libc.ts';

const AT_FDCWD = -100;
const AT_SYMLINK_FOLLOW = 0x400;

const linkat = libc<[number, string, number, string, number]>(
  'int linkat(int fromFolder, const char *from, int toFolder, const char *to, int flags)',
);

/**
 * Adds a name to an open file, whatever has become of the name by which it was opened. Throws SystemError: `EEXIST` if
 * the name is taken, `ENOENT` if the file has no name left, since the kernel does not link such a file again.
 */
export const linkOpenFile = (fd: number, path: string): void =>
  void check(linkat(AT_FDCWD, `/proc/self/fd/${fd}`, AT_FDCWD, path, AT_SYMLINK_FOLLOW), 'linkat', path);
