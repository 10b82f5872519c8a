/** Moves bytes from a pipe to a file, by splice or by copying. A file opened with O_APPEND rejects splice (EINVAL). */
import {closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync, writeSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import type {Spliced} from '../../src/posix/fifo.ts';
import {makeFifo} from '../../src/posix/fifo.ts';
import {Mover, whenCopied} from '../../src/posix/mover.ts';
import {spliceRefusalIn} from '../../src/posix/splice-trial.ts';

let folder = '';
const open: number[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'brood-mover-'));
});
afterEach(() => {
  for (const fd of open.splice(0)) closeSync(fd);
  rmSync(folder, {recursive: true});
});

const opened = (fd: number): number => {
  open.push(fd);
  return fd;
};

let made = 0;

function pipe(): {readonly reading: number; readonly writing: number} {
  const path = join(folder, `fifo-${++made}`);
  makeFifo(path);
  const reading = opened(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
  return {reading, writing: openSync(path, constants.O_WRONLY)};
}

const file = (flags = 0): number =>
  opened(openSync(join(folder, 'log'), constants.O_RDWR | constants.O_CREAT | flags, 0o600));

const move = (mover: Mover, to: number, bytes = 1 << 20): Promise<Spliced> =>
  new Promise(resolve => mover.move(to, bytes, resolve));

test.each([
  ['splice', 0],
  ['copying', constants.O_APPEND],
])('by %s: all bytes in order, EAGAIN while the pipe is empty, 0 when no writer is left', async (_how, flags) => {
  const {reading, writing} = pipe();
  const mover = new Mover(reading);
  const to = file(flags);
  writeSync(writing, 'one ');
  expect(await move(mover, to)).toBe(4);
  writeSync(writing, 'two');
  expect(await move(mover, to, 2)).toBe(2);
  expect(await move(mover, to)).toBe(1);
  expect(await move(mover, to)).toEqual({error: 'EAGAIN'});
  closeSync(writing);
  expect(await move(mover, to)).toBe(0);
  expect(readFileSync(join(folder, 'log'), 'utf8')).toBe('one two');
});

test('copying: bytes that could not be written are kept, and written at the next attempt', async () => {
  const {reading, writing} = pipe();
  const mover = new Mover(reading);
  const full = opened(openSync('/dev/full', constants.O_WRONLY | constants.O_APPEND));
  writeSync(writing, 'first ');
  expect(await move(mover, full)).toEqual({error: 'ENOSPC'});
  expect(mover.held).toBe(6);
  writeSync(writing, 'second');
  const to = file(constants.O_APPEND);
  expect(await move(mover, to)).toBe(6);
  expect(mover.held).toBe(0);
  expect(await move(mover, to)).toBe(6);
  closeSync(writing);
  expect(readFileSync(join(folder, 'log'), 'utf8')).toBe('first second');
});

test('whenCopied waits for the chunk being written, and starts no other before', async () => {
  const to = file(constants.O_APPEND);
  const one = pipe();
  const other = pipe();
  const [first, second] = [new Mover(one.reading), new Mover(other.reading)];
  writeSync(one.writing, 'a');
  await move(first, to);
  writeSync(other.writing, 'b');
  await move(second, to);
  writeSync(one.writing, 'c');
  writeSync(other.writing, 'd');
  const moved = [move(first, to)];
  const settled = new Promise<string>(resolve => {
    whenCopied(() => resolve(readFileSync(join(folder, 'log'), 'utf8')));
  });
  moved.push(move(second, to));
  expect(await settled).toBe('abc');
  expect(await Promise.all(moved)).toEqual([1, 1]);
  for (const {writing} of [one, other]) closeSync(writing);
});

test('a folder on a file system with splice is reported as supported, and stays empty', () => {
  expect(spliceRefusalIn(folder)).toBeNull();
  expect(spliceRefusalIn(join(folder, 'missing'))).toBeNull();
});
