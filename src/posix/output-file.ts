/** Standard output and error that go to a file, whose name may be removed while they are open. */
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
 * Has this process's standard error, and its output where that is the same file, go to the file of that name again: it is made
 * anew where it is gone, and what is no file makes way for it. Answers whether they went elsewhere before. Where standard error is no file, there
 * is nothing to be followed. Throws what the file system refuses; then they go where they went.
 */
export function followOutput(path: string): boolean {
  const before = fstatSync(ERR, {bigint: true});
  if (!before.isFile()) return false;
  const there = lstatSync(path, {bigint: true, throwIfNoEntry: false});
  if (isSame(before, there)) return false;
  if (there?.isFile() === false) rmSync(path, {recursive: true, force: true});
  const fd = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  try {
    // Standard error is the last: by it the next look tells whether all is done.
    for (const stream of [OUT, ERR])
      if (isSame(before, fstatSync(stream, {bigint: true}))) check(dup3(fd, stream, O_CLOEXEC), 'dup3');
  } finally {
    closeSync(fd);
  }
  return true;
}
