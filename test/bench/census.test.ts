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
  test('counts an unchanged process as alive', () => {
    const found = census(before, [row(1), row(2), row(3)], beats);
    expect(found).toEqual({watched: 2, alive: 2, replaced: 0, missing: 0, doubled: 0});
  });

  test('counts another process of the same name as a replacement, even with the same pid', () => {
    const found = census(before, [row(1, '9'), row(4)], [...beats, beat('a', 1), beat('b', 4)]);
    expect(found).toMatchObject({alive: 0, replaced: 2, missing: 0});
  });

  test('counts a worker as missing if no process has its name', () => {
    expect(census(before, [row(1), row(3)], beats)).toMatchObject({alive: 1, replaced: 0, missing: 1});
  });

  test('ignores processes that have not yet recorded their name', () => {
    expect(census(before, [row(1), row(2), row(8), row(9)], beats)).toMatchObject({alive: 2, doubled: 0});
  });

  test('counts processes beyond one per name, including those of a worker that is not watched', () => {
    const found = census(
      before,
      [1, 2, 3, 4, 5, 6].map(pid => row(pid)),
      [...beats, beat('a', 4), beat('a', 5), beat('victim', 6)],
    );
    expect(found).toMatchObject({alive: 2, doubled: 3});
  });
});
