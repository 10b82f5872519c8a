/** Standard output and error in a file whose name may be removed while they are open. */
import {closeSync, constants, fstatSync, lstatSync, openSync, rmSync, type BigIntStats} from 'node:fs';
import {check, libc} from './libc.ts';

const {O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK} = constants;
const O_CLOEXEC = 0o2000000;
const OUT = 1;
const ERR = 2;

const dup3 = libc<[number, number, number]>('int dup3(int from, int to, int flags)');

const isSame = (one: BigIntStats, other: BigIntStats | undefined): boolean =>
  one.ino === other?.ino && one.dev === other.dev;

/**
 * Redirects this process's standard error, and its output if that is the same file, to the file at `path` again.
 * Creates the file if it is gone, and replaces anything there that is not a file. Returns whether the streams went
 * elsewhere before. Does nothing if standard error is no file. Throws file system errors; the streams are unchanged
 * then.
 */
export function followOutput(path: string): boolean {
  const before = fstatSync(ERR, {bigint: true});
  if (!before.isFile()) return false;
  const there = lstatSync(path, {bigint: true, throwIfNoEntry: false});
  if (isSame(before, there)) return false;
  if (there?.isFile() === false) rmSync(path, {recursive: true, force: true});
  const fd = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  try {
    // Standard error is the last one: the next call takes it as the sign that both are done.
    for (const stream of [OUT, ERR])
      if (isSame(before, fstatSync(stream, {bigint: true}))) check(dup3(fd, stream, O_CLOEXEC), 'dup3');
  } finally {
    closeSync(fd);
  }
  return true;
}
