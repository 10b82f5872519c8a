/** Mount options with which /proc hides processes of other users. */
import {expect, test} from 'vitest';
import {hiddenBy} from '../../src/process/hidepid.ts';

const proc = (options: string): string => `sysfs /sys sysfs rw 0 0\nproc /proc proc ${options} 0 0\n`;
const USER = 1000;

test.each([
  ['rw,nosuid', null],
  ['rw,hidepid=0', null],
  ['rw,hidepid=1', 'hidepid=1'],
  ['rw,hidepid=2', 'hidepid=2'],
  ['rw,hidepid=invisible', 'hidepid=invisible'],
  ['rw,gid=27,hidepid=2', 'hidepid=2'],
  ['rw,gid=100,hidepid=2', null],
  ['rw,gid=100,hidepid=ptraceable', 'hidepid=ptraceable'],
])('%s: %s', (options, expected) => {
  expect(hiddenBy(proc(options), [100], USER)).toBe(expected);
});

test('root sees every process', () => {
  expect(hiddenBy(proc('rw,hidepid=2'), [], 0)).toBeNull();
});

test('a later mount covers an earlier one', () => {
  expect(hiddenBy(proc('rw,hidepid=2') + proc('rw'), [], USER)).toBeNull();
});
