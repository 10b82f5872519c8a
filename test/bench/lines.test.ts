import {describe, expect, test} from 'vitest';
import {account} from '../../bench/lines.ts';

const log = (pid: number, ...numbers: number[]): string =>
  numbers.map(number => `line ${pid} ${number} of p1\n`).join('');

describe('the account of lines', () => {
  test('finds no fault if each line is in the log once and in order', () => {
    const found = account(new Map([[7, 3]]), [log(7, 1, 2, 3)]);
    expect(found).toEqual({written: 3, lost: 0, lostOfKilled: 0, repeated: 0, disordered: 0});
  });

  test('counts lost lines of processes that the measurement killed separately', () => {
    const counts = new Map([
      [7, 2],
      [8, 3],
    ]);
    expect(account(counts, [log(7, 1)], new Set([8]))).toMatchObject({lost: 4, lostOfKilled: 3});
  });

  test('counts lines missing at the start, in the middle and at the end', () => {
    expect(account(new Map([[7, 5]]), [log(7, 2, 4)])).toMatchObject({written: 5, lost: 3});
  });

  test('counts all lines of a process without any in the log as lost', () => {
    expect(account(new Map([[7, 5]]), [log(8, 1, 2)])).toMatchObject({lost: 5});
  });

  test('counts a line that is in the log twice as repeated, not as out of order', () => {
    expect(account(new Map([[7, 3]]), [log(7, 1, 2, 1, 2, 3)])).toMatchObject({lost: 0, repeated: 2, disordered: 0});
  });

  test('counts a line that follows a later one as out of order', () => {
    expect(account(new Map([[7, 3]]), [log(7, 1, 3, 2)])).toMatchObject({lost: 0, repeated: 0, disordered: 1});
  });

  test('does not count half a line', () => {
    expect(account(new Map([[7, 2]]), [`${log(7, 1)}line 7 2 o`])).toMatchObject({lost: 1});
  });

  test('separates the processes of one worker, and joins the files of one process', () => {
    const counts = new Map([
      [7, 2],
      [8, 2],
    ]);
    expect(account(counts, [log(7, 1) + log(8, 1), log(7, 2) + log(8, 2)])).toMatchObject({written: 4, lost: 0});
  });

  test('neither counts nor misses a line beyond the recorded count', () => {
    expect(account(new Map([[7, 2]]), [log(7, 1, 2, 3)])).toMatchObject({written: 2, lost: 0});
  });

  test('reads lines that a supervisor has prefixed', () => {
    expect(account(new Map([[7, 1]]), ['2026-01-01 p1: line 7 1 of p1\n'])).toMatchObject({lost: 0});
  });
});
