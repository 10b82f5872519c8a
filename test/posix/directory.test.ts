import {mkdirSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {Directory} from '../../src/posix/directory.ts';
import {pageBytes} from '../../src/posix/memory.ts';
import {scratch} from '../control/helpers.ts';

const without = (): null => null;

test.each([
  ['by the kernel', undefined],
  ['where the C library has no such call', without],
])('only names that are numbers are returned: %s', (_, find) => {
  const folder = scratch();
  const directory = new Directory(folder, find);
  onTestFinished(() => directory.close());
  expect([...directory.numbers()]).toEqual([]);
  const many = Array.from({length: 1200}, (_none, n) => n * 1397);
  for (const number of many) writeFileSync(join(folder, String(number)), '');
  for (const name of ['self', '12x', '-1', '1.5', 'x12', '99999999999', ' 7']) mkdirSync(join(folder, name));
  symlinkSync('nowhere', join(folder, '4194303'));
  const sorted = (): number[] => [...directory.numbers()].sort((a, b) => a - b);
  expect(sorted()).toEqual([...many, 4194303].sort((a, b) => a - b));
  expect(sorted()).toEqual([...many, 4194303].sort((a, b) => a - b));
});

test('a page is a power of two', () => {
  expect(Math.log2(pageBytes()) % 1).toBe(0);
  expect(pageBytes()).toBeGreaterThanOrEqual(4096);
});
