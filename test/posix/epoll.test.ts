import {closeSync, openSync, mkdtempSync, rmSync, writeSync, constants} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {Epoll} from '../../src/posix/epoll.ts';
import {makeFifo} from '../../src/posix/fifo.ts';

let folder = '';
let epoll: Epoll;
const open: number[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'brood-epoll-'));
  epoll = new Epoll();
});
afterEach(() => {
  epoll.close();
  for (const fd of open.splice(0)) closeSync(fd);
  rmSync(folder, {recursive: true});
});

function fifo(name: string): number {
  makeFifo(join(folder, name));
  const fd = openSync(join(folder, name), constants.O_RDWR);
  open.push(fd);
  return fd;
}

/** Blocks this thread, so that the waiting thread fetches an event that is not handled yet. */
const block = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setTimeout(resolve, 1));
};

test('a readable descriptor is reported once, and again after it was armed', async () => {
  const fd = fifo('a');
  const seen: boolean[] = [];
  await new Promise<void>(resolve => {
    epoll.add(fd, ({readable}) => {
      seen.push(readable);
      if (seen.length === 2) resolve();
      else epoll.arm(fd);
    });
    writeSync(fd, 'x');
  });
  await turns();
  expect(seen).toEqual([true, true]);
});

test('an event fetched before its descriptor was closed does not reach the next one with that number', async () => {
  const old = fifo('old');
  const called: string[] = [];
  epoll.add(old, () => called.push('old'));
  writeSync(old, 'x');
  block(100);
  epoll.remove(old);
  closeSync(open.pop() ?? -1);
  const fresh = fifo('fresh');
  expect(fresh).toBe(old);
  await new Promise<void>(resolve => {
    epoll.add(fresh, () => {
      called.push('fresh');
      resolve();
    });
    setTimeout(resolve, 100);
  });
  expect(called).toEqual([]);
  writeSync(fresh, 'x');
  const end = performance.now() + 10_000;
  while (called.length === 0 && performance.now() < end) await turns();
  expect(called).toEqual(['fresh']);
});
