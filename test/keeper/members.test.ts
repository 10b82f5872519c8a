/** Membership in a run by lineage alone, on simulated process tables. */
import {describe, expect, test} from 'vitest';
import {ProcessScan, membersOf, runOfOrphan} from '../../src/keeper/lineage/members.ts';
import {Runs} from '../../src/keeper/runs/runs.ts';
import type {Run} from '../../src/keeper/runs/run.ts';
import type {Stat} from '../../src/process/stat.ts';
import {ProcessTable} from '../../src/process/table.ts';
import {runOf} from './run-of.ts';

/** Beyond every pid of this machine (the kernel's limit is 2^22), so that /proc has no such process. */
const FIRST = 5_000_000;
const MAIN = FIRST + 1;
const INIT = 1;

const stat = (pid: number, parts: Partial<Stat> = {}): Stat => ({
  pid,
  comm: 'x',
  state: 'S',
  ppid: INIT,
  pgid: pid,
  sid: pid,
  cpuTicks: 0,
  priority: 20,
  nice: 0,
  threads: 1,
  startTime: '1000',
  rssBytes: 0,
  exitStatus: 0,
  ...parts,
});

const keeper = stat(process.pid, {startTime: '10'});
const inSession = {sid: MAIN, pgid: MAIN};

function members(run: Run, ...stats: Stat[]): number[] {
  return membersOf(run, new ProcessScan(new ProcessTable([stat(INIT, {ppid: 0, startTime: '0'}), keeper, ...stats])))
    .map(({pid}) => pid - FIRST)
    .sort((a, b) => a - b);
}

const living = (parts: Partial<Run> = {}): Run => runOf({pid: MAIN, startTime: '1000', ...parts});
const ended = (parts: Partial<Run> = {}): Run => living({exit: {code: 0, signal: null, at: 0}, ...parts});
const main = stat(MAIN, {ppid: process.pid});

describe('while the main process lives', () => {
  test('its descendants, its session and its group are members, whatever their parents', () => {
    const child = stat(FIRST + 2, {ppid: MAIN});
    const grandchild = stat(FIRST + 3, {ppid: FIRST + 2});
    const orphan = stat(FIRST + 4, inSession);
    const below = stat(FIRST + 5, {ppid: FIRST + 4});
    expect(members(living(), main, child, grandchild, orphan, below, stat(FIRST + 6))).toEqual([2, 3, 4, 5]);
  });

  test('a zombie is no member, but a process of which only the first thread has ended is one', () => {
    const zombie = stat(FIRST + 2, {ppid: MAIN, state: 'Z'});
    const threaded = stat(FIRST + 3, {ppid: MAIN, state: 'Z', threads: 2});
    expect(members(living(), main, zombie, threaded)).toEqual([3]);
  });
});

describe('once the main process has ended', () => {
  test('the rest of its session is a member if it descends from this keeper', () => {
    const left = stat(FIRST + 2, {...inSession, ppid: process.pid});
    const stranger = stat(FIRST + 3, inSession);
    expect(members(ended(), left)).toEqual([2]);
    expect(members(ended(), stranger)).toEqual([]);
  });

  test("a session whose leader is another process is a stranger's, with all its members", () => {
    const leader = stat(MAIN, {ppid: process.pid, startTime: '2000'});
    const other = stat(FIRST + 2, {...inSession, ppid: MAIN, startTime: '2001'});
    expect(members(ended(), leader, other)).toEqual([]);
    expect(members(living({adopted: true}), leader, other)).toEqual([]);
  });

  test('no member is older than the main process was', () => {
    expect(members(ended(), stat(FIRST + 2, {...inSession, ppid: process.pid, startTime: '999'}))).toEqual([]);
  });

  test("after another keeper's end a session counts only with a member that was seen in it before", () => {
    const helper = stat(FIRST + 2, inSession);
    const late = stat(FIRST + 3, {...inSession, startTime: '3000'});
    const run = ended({adopted: true});
    expect(members(run, helper, late)).toEqual([]);
    run.known.set(helper.pid, helper.startTime);
    // As long as that process is in it, the number was never free for reuse.
    expect(members(run, helper, late)).toEqual([2, 3]);
    expect(members(run, {...helper, startTime: '2500'}, late)).toEqual([]);
  });
});

test('an orphan belongs to the run of its session, unless that number has been reused', () => {
  const runs = new Runs();
  const run = ended();
  runs.add(run);
  const orphan = stat(FIRST + 2, {...inSession, ppid: process.pid});
  expect(runOfOrphan(orphan, runs)).toBe(run);
  expect(runOfOrphan({...orphan, startTime: '999'}, runs)).toBe(undefined);
  // The test's own process is no leader of that run's session, though it has its number.
  const reused = runOf({pid: process.pid, startTime: '1'});
  runs.add(reused);
  expect(runOfOrphan(stat(FIRST + 3, {sid: process.pid, pgid: process.pid}), runs)).toBe(undefined);
});
