/** Looking into a pipe without consuming its contents. */
import {closeSync, constants, mkdtempSync, openSync, rmSync, writeSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {lookIntoPipe, makeFifo, readPipe} from '../../src/posix/fifo.ts';

let folder = '';
let reading = -1;
let writing = -1;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'brood-fifo-'));
  makeFifo(join(folder, 'fifo'));
  reading = openSync(join(folder, 'fifo'), constants.O_RDONLY | constants.O_NONBLOCK);
  writing = openSync(join(folder, 'fifo'), constants.O_WRONLY);
});
afterEach(() => {
  for (const fd of [reading, writing]) if (fd >= 0) closeSync(fd);
  rmSync(folder, {recursive: true});
});

const look = (most = 4096): Promise<string | null> =>
  new Promise(resolve => lookIntoPipe(reading, most, bytes => resolve(bytes?.toString() ?? null)));
const read = (most = 4096): Promise<string> =>
  new Promise(resolve => readPipe(reading, most, bytes => resolve(bytes.toString())));

test('written bytes can be looked at repeatedly, and still be read', async () => {
  writeSync(writing, 'one\n');
  writeSync(writing, 'two\n');
  expect(await look()).toBe('one\ntwo\n');
  expect(await look(6)).toBe('one\ntw');
  expect(await read(4)).toBe('one\n');
  expect(await look()).toBe('two\n');
  expect(await read()).toBe('two\n');
});

test('an empty pipe shows nothing, with a writer and without; a descriptor that is no pipe shows null', async () => {
  expect(await look()).toBe('');
  closeSync(writing);
  writing = -1;
  expect(await look()).toBe('');
  closeSync(reading);
  reading = openSync('/dev/null', 'r');
  expect(await look()).toBeNull();
});
