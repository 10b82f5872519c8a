/** Names of open files. */
import {check, libc} from './libc.ts';

const AT_FDCWD = -100;
const AT_SYMLINK_FOLLOW = 0x400;

const linkat = libc<[number, string, number, string, number]>(
  'int linkat(int fromFolder, const char *from, int toFolder, const char *to, int flags)',
);

/**
 * Gives an open file a further name, whatever has become of the one by which it was opened. Throws SystemError: `EEXIST` where the name is
 * taken, `ENOENT` where the file has none any more, since the kernel gives it none again then.
 */
export const linkOpenFile = (fd: number, path: string): void =>
  void check(linkat(AT_FDCWD, `/proc/self/fd/${fd}`, AT_FDCWD, path, AT_SYMLINK_FOLLOW), 'linkat', path);
