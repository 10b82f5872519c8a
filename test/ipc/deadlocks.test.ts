import {expect, test} from 'vitest';
import {deadlocksOf} from '../../src/ipc/deadlocks.ts';
import type {Channel} from '../../src/ipc/types.ts';

/** Returns a lock with a name, groups of owners, and waiters. */
const lock = (name: string, owners: number[][], waiters: number[]): Channel => ({
  kind: 'lock',
  id: `lock:[flock ${name}]`,
  name,
  ends: [],
  detail: {lock: 'flock', type: 'write', range: null, owners, holders: owners.flat(), waiters},
});

test('a process that waits for one that can continue is not deadlocked', () => {
  expect(deadlocksOf([lock('a', [[1]], [2]), lock('b', [[2]], [3])])).toEqual([]);
  expect(deadlocksOf([])).toEqual([]);
});

test('two processes that wait for each other, through two locks, are a deadlock', () => {
  expect(deadlocksOf([lock('a', [[1]], [2]), lock('b', [[2]], [1])])).toEqual([
    {
      cycle: [
        {pid: 1, holds: 'a', waitsFor: 'b'},
        {pid: 2, holds: 'b', waitsFor: 'a'},
      ],
    },
  ]);
});

test('a process that waits for a cycle is not part of it', () => {
  const found = deadlocksOf([lock('a', [[5]], [4]), lock('b', [[4]], [5]), lock('c', [[4]], [6])]);
  expect(found.map(({cycle}) => cycle.map(({pid}) => pid))).toEqual([[4, 5]]);
});

test('several cycles are found, each once', () => {
  const found = deadlocksOf([
    lock('a', [[1]], [2]),
    lock('b', [[2]], [1]),
    lock('c', [[7]], [9]),
    lock('d', [[8]], [7]),
    lock('e', [[9]], [8]),
  ]);
  expect(found.map(({cycle}) => cycle.map(({pid}) => pid))).toEqual([
    [1, 2],
    [7, 8, 9],
  ]);
});

test('either of two processes that share a lock can release it', () => {
  const locks = (free: number[]): Channel[] => [lock('a', [[1, ...free]], [2]), lock('b', [[2]], [1])];
  expect(deadlocksOf(locks([3]))).toEqual([]);
  expect(deadlocksOf(locks([]))).toHaveLength(1);
});

test('of several processes with a read lock, one blocked one is enough for a deadlock', () => {
  expect(deadlocksOf([lock('a', [[3], [1]], [2]), lock('b', [[2]], [1])])).toHaveLength(1);
});

test('a process that waits for its own lock is a deadlock', () => {
  expect(deadlocksOf([lock('a', [[1]], [1])])).toEqual([{cycle: [{pid: 1, holds: 'a', waitsFor: 'a'}]}]);
});
