import {expect, test} from 'vitest';
import {deadlocksOf} from '../../src/ipc/deadlocks.ts';
import type {Channel} from '../../src/ipc/types.ts';

/** A lock by its name, with groups of owners and those that wait. */
const lock = (name: string, owners: number[][], waiters: number[]): Channel => ({
  kind: 'lock',
  id: `lock:[flock ${name}]`,
  name,
  ends: [],
  detail: {lock: 'flock', type: 'write', range: null, owners, holders: owners.flat(), waiters},
});

test('who waits for somebody that can go on is not stuck', () => {
  expect(deadlocksOf([lock('a', [[1]], [2]), lock('b', [[2]], [3])])).toEqual([]);
  expect(deadlocksOf([])).toEqual([]);
});

test('two that wait for each other, through two locks', () => {
  expect(deadlocksOf([lock('a', [[1]], [2]), lock('b', [[2]], [1])])).toEqual([
    {
      cycle: [
        {pid: 1, holds: 'a', waitsFor: 'b'},
        {pid: 2, holds: 'b', waitsFor: 'a'},
      ],
    },
  ]);
});

test('who waits for a cycle is no part of it', () => {
  const found = deadlocksOf([lock('a', [[5]], [4]), lock('b', [[4]], [5]), lock('c', [[4]], [6])]);
  expect(found.map(({cycle}) => cycle.map(({pid}) => pid))).toEqual([[4, 5]]);
});

test('several cycles, each once', () => {
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

test('a lock that two hold as one is let go of by either', () => {
  const locks = (free: number[]): Channel[] => [lock('a', [[1, ...free]], [2]), lock('b', [[2]], [1])];
  expect(deadlocksOf(locks([3]))).toEqual([]);
  expect(deadlocksOf(locks([]))).toHaveLength(1);
});

test('of several that hold it to read, one that is stuck is enough', () => {
  expect(deadlocksOf([lock('a', [[3], [1]], [2]), lock('b', [[2]], [1])])).toHaveLength(1);
});

test('a process that waits for its own lock', () => {
  expect(deadlocksOf([lock('a', [[1]], [1])])).toEqual([{cycle: [{pid: 1, holds: 'a', waitsFor: 'a'}]}]);
});
