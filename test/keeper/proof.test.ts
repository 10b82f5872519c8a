/** Which proof the sources give together: one that contradicts is enough for a lesser one, or for none. */
import {expect, test} from 'vitest';
import type {Doubt} from '../../src/base/proof.ts';
import {proofOf} from '../../src/keeper/lineage/proof.ts';
import type {Lineage} from '../../src/keeper/runs/run.ts';
import {startTimeOf} from '../../src/process/stat.ts';
import {runOf} from './run-of.ts';

const lineage = (isAlive: boolean, gap: string | null = null): Lineage => ({
  known: () => new Set(),
  isAlive: () => isAlive,
  gap,
});
/** A cgroup that was removed has nobody in it. */
const cgroup = '/sys/fs/cgroup/there-is-none';
const none = (): Doubt[] => [];
const doubt = {pid: 1, startTime: '1', words: '1 init may be left of it'};

test('an empty cgroup proves it only where nothing else says that something may be left', () => {
  expect(proofOf(runOf({cgroup}), none)).toEqual({proof: 'cgroup', survivors: []});
  expect(proofOf(runOf({cgroup, lineage: lineage(false)}), none)?.proof).toBe('cgroup');
  expect(proofOf(runOf({cgroup}), () => [doubt])).toEqual({proof: 'lineage', survivors: [], doubts: [doubt]});
});

test('what lives by any source is looked at again', () => {
  expect(proofOf(runOf({cgroup, lineage: lineage(true)}), none)).toBeNull();
  expect(proofOf(runOf({cgroup}), () => null)).toBeNull();
  const orphans = new Map([[process.pid, startTimeOf(process.pid) ?? '']]);
  expect(proofOf(runOf({cgroup, orphans}), none)).toBeNull();
  expect(proofOf(runOf({cgroup, orphans: new Map([[process.pid, '1']])}), none)?.proof).toBe('cgroup');
});

test('forks that were followed prove it where none was missed; a gap is named', () => {
  expect(proofOf(runOf({lineage: lineage(false)}), none)).toEqual({proof: 'connector', survivors: []});
  expect(proofOf(runOf({lineage: lineage(false, 'a queue was full')}), none)).toEqual({
    proof: 'lineage',
    survivors: [],
    doubts: [{pid: null, startTime: null, words: 'a queue was full'}],
  });
  expect(proofOf(runOf({lineage: lineage(false)}), () => [doubt])?.proof).toBe('lineage');
  expect(proofOf(runOf(), none)).toEqual({proof: 'lineage', survivors: []});
});

test('what is found out of the connector’s processes while they are looked at is a doubt', () => {
  let gap: string | null = null;
  const found: Lineage = {
    known: () => new Set(),
    isAlive: () => ((gap = 'it can’t be seen'), false),
    get gap() {
      return gap;
    },
  };
  const doubtsOf = (): Doubt[] => (found.gap === null ? [] : [{pid: null, startTime: null, words: found.gap}]);
  expect(proofOf(runOf({cgroup, lineage: found}), doubtsOf)?.proof).toBe('lineage');
});
