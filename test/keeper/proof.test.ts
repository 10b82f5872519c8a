/** The proof that the sources give together: one that contradicts reduces it, or prevents it. */
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
/** A removed cgroup is empty. */
const cgroup = '/sys/fs/cgroup/there-is-none';
const none = (): Doubt[] => [];
const doubt = {pid: 1, startTime: '1', words: '1 init may belong to it'};

test('an empty cgroup is a proof only if no other source reports a possible remainder', () => {
  expect(proofOf(runOf({cgroup}), none)).toEqual({proof: 'cgroup', survivors: []});
  expect(proofOf(runOf({cgroup, lineage: lineage(false)}), none)?.proof).toBe('cgroup');
  expect(proofOf(runOf({cgroup}), () => [doubt])).toEqual({proof: 'lineage', survivors: [], doubts: [doubt]});
});

test('a process that is alive by any source delays the proof', () => {
  expect(proofOf(runOf({cgroup, lineage: lineage(true)}), none)).toBeNull();
  expect(proofOf(runOf({cgroup}), () => null)).toBeNull();
  const orphans = new Map([[process.pid, startTimeOf(process.pid) ?? '']]);
  expect(proofOf(runOf({cgroup, orphans}), none)).toBeNull();
  expect(proofOf(runOf({cgroup, orphans: new Map([[process.pid, '1']])}), none)?.proof).toBe('cgroup');
});

test('followed forks are a proof if none was missed; a gap is reported', () => {
  expect(proofOf(runOf({lineage: lineage(false)}), none)).toEqual({proof: 'connector', survivors: []});
  expect(proofOf(runOf({lineage: lineage(false, 'a queue was full')}), none)).toEqual({
    proof: 'lineage',
    survivors: [],
    doubts: [{pid: null, startTime: null, words: 'a queue was full'}],
  });
  expect(proofOf(runOf({lineage: lineage(false)}), () => [doubt])?.proof).toBe('lineage');
  expect(proofOf(runOf(), none)).toEqual({proof: 'lineage', survivors: []});
});

test("a gap that is found while the connector's processes are checked is a doubt", () => {
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
