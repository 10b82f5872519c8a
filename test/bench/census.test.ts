import {describe, expect, test} from 'vitest';
import {census} from '../../bench/census.ts';
import type {Row} from '../../bench/processes.ts';

const row = (pid: number, startTime = '1'): Row => ({pid, ppid: 1, state: 'S', ticks: 0, startTime});
const beat = (name: string, pid: number): {name: string; pid: number; ns: bigint} => ({name, pid, ns: 0n});
const before = [
  {name: 'a', row: row(1)},
  {name: 'b', row: row(2)},
];
const beats = [beat('a', 1), beat('b', 2), beat('victim', 3)];

describe('the census after a blow', () => {
  test('finds who is the same process', () => {
    const found = census(before, [row(1), row(2), row(3)], beats);
    expect(found).toEqual({watched: 2, alive: 2, replaced: 0, missing: 0, doubled: 0});
  });

  test('takes another process of the same name for a replacement, also with the same pid', () => {
    const found = census(before, [row(1, '9'), row(4)], [...beats, beat('a', 1), beat('b', 4)]);
    expect(found).toMatchObject({alive: 0, replaced: 2, missing: 0});
  });

  test('misses whose name nobody has', () => {
    expect(census(before, [row(1), row(3)], beats)).toMatchObject({alive: 1, replaced: 0, missing: 1});
  });

  test('does not count who has not said who it is', () => {
    expect(census(before, [row(1), row(2), row(8), row(9)], beats)).toMatchObject({alive: 2, doubled: 0});
  });

  test('counts processes beyond one of a name, of one that is not watched too', () => {
    const found = census(
      before,
      [1, 2, 3, 4, 5, 6].map(pid => row(pid)),
      [...beats, beat('a', 4), beat('a', 5), beat('victim', 6)],
    );
    expect(found).toMatchObject({alive: 2, doubled: 3});
  });
});
