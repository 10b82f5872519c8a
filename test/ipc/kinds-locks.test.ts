/** File locks as channels: holders and waiters. */
import {readFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {deadlocksOf} from '../../src/ipc/deadlocks.ts';
import {channelsOf, hasPython, holding, number, numbers, shared} from './fixture.ts';

describe.skipIf(!hasPython)('file locks (python3 is needed)', () => {
  /** Returns the fields of `/proc/locks` without line numbers. */
  const locksOf = (inode: number): string[][] =>
    readFileSync('/proc/locks', 'latin1')
      .split('\n')
      .filter(line => line.includes(`:${inode} `))
      .map(line =>
        line
          .replace(/^\d+: */, '')
          .trim()
          .split(/\s+/),
      );

  test('flock: processes that inherited it are holders, too, and waiters are listed', () =>
    holding('flock', told => {
      const [holders, waiters] = [numbers(told, 'holders'), numbers(told, 'waiters')];
      const lock = shared('lock', ...holders, ...waiters);
      expect(lock).toMatchObject({name: told['path'], detail: {lock: 'flock', type: 'write', holders, waiters}});
      const lines = locksOf(number(told, 'inode'));
      expect(lines.map(([first]) => first)).toEqual(['FLOCK', '->']);
      expect(lines.map(line => Number(line.at(-4)))).toEqual([holders[0], waiters[0]]);
    }));

  test('records: the holder that blocks a waiter depends on the bytes', () =>
    holding('posix-lock', told => {
      const [first, second, waiter] = ['first', 'second', 'waiter'].map(name => number(told, name));
      const channels = channelsOf('lock', first!, second!);
      const details = channels.map(({detail: {range, holders, waiters}}) => ({range, holders, waiters}));
      expect(details).toEqual(
        expect.arrayContaining([
          {range: [0, 9], holders: [first], waiters: []},
          {range: [10, 19], holders: [second], waiters: [waiter]},
        ]),
      );
      expect(locksOf(number(told, 'inode'))).toHaveLength(3);
    }));

  test('open file descriptions: holder and waiter are found, although /proc/locks names neither', () =>
    holding('ofd-lock', told => {
      const [holders, waiters] = [numbers(told, 'holders'), numbers(told, 'waiters')];
      const lock = shared('lock', ...holders, ...waiters);
      expect(lock.detail).toMatchObject({lock: 'ofd', holders, waiters});
      expect(locksOf(number(told, 'inode')).map(line => line.at(-4))).toEqual(['-1', '-1']);
    }));

  test('three processes that wait for each other are a deadlock', () =>
    holding('deadlock', told => {
      const pids = numbers(told, 'pids');
      const [a, b, c] = told['paths'] as string[];
      expect(deadlocksOf(channelsOf('lock', ...pids))).toEqual([
        {
          cycle: [
            {pid: pids[0], holds: a, waitsFor: b},
            {pid: pids[1], holds: b, waitsFor: c},
            {pid: pids[2], holds: c, waitsFor: a},
          ],
        },
      ]);
    }));
});
