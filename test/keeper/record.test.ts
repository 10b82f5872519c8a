/** Torn spawn records, and what a keeper adopts by them. */
import {spawn, type ChildProcess} from 'node:child_process';
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeEach, expect, test} from 'vitest';
import {findRuns} from '../../src/keeper/runs/recovery.ts';
import {readRecords, recordCleared, recordExit, recordIntent, recordStarted} from '../../src/keeper/runs/record.ts';
import {startTimeOf} from '../../src/process/stat.ts';

const BOOT = 'this-boot';
const token = 'b'.repeat(32);
const folder = mkdtempSync(join(tmpdir(), 'brood-record-'));
const path = join(folder, `${token}.run`);
const children: ChildProcess[] = [];

beforeEach(() => {
  rmSync(folder, {recursive: true, force: true});
  mkdirSync(folder);
});
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, {recursive: true, force: true});
});

const intent = {
  token,
  id: 'w/1',
  boot: BOOT,
  logFolder: '/logs/w.1',
  logMaxSize: 1000,
  logStart: {out: 1, err: 2},
  stopSignal: 'SIGINT',
  stopTimeoutMs: 500,
} as const;

function sleeper(): {pid: number; startTime: string} {
  const child = spawn('sleep', ['1000'], {stdio: 'ignore'});
  children.push(child);
  const pid = child.pid ?? 0;
  return {pid, startTime: startTimeOf(pid) ?? ''};
}

test('cut off after any byte, a record has its main process exactly or not at all, and its run in any case', () => {
  const main = sleeper();
  recordIntent(folder, intent);
  recordStarted(folder, token, {...main, startedAt: 7, cgroup: null});
  const whole = readFileSync(path);
  const outcomes = new Set<string>();
  for (let length = 0; length <= whole.length; length++) {
    writeFileSync(path, whole.subarray(0, length));
    const found = findRuns(folder, BOOT, 99);
    expect(found.map(({run}) => run.token)).toEqual([token]);
    const [{run, present} = expect.unreachable()] = found;
    if (present) expect(run).toMatchObject({...main, id: 'w/1', stopSignal: 'SIGINT', exit: null, adopted: true});
    // Without a main process the exit is unknown, so all that is left of the run is ended before another is started.
    else expect(run).toMatchObject({pid: null, startTime: null, exit: {code: null, signal: null, at: 99}});
    outcomes.add(`${run.id} ${present ? 'present' : 'unknown'}`);
  }
  expect([...outcomes]).toEqual([' unknown', 'w/1 unknown', 'w/1 present']);
});

test('a torn exit is ignored, and a complete one is reported unchanged', () => {
  const main = sleeper();
  recordIntent(folder, intent);
  recordStarted(folder, token, {...main, startedAt: 7, cgroup: null});
  const before = readFileSync(path).length;
  recordExit(folder, token, {code: 3, signal: null, at: 5});
  const whole = readFileSync(path);
  // The last byte only ends the line.
  for (let length = before; length < whole.length - 1; length++) {
    writeFileSync(path, whole.subarray(0, length));
    expect(findRuns(folder, BOOT, 99)[0]).toMatchObject({present: true, run: {exit: null}});
  }
  writeFileSync(path, whole);
  expect(findRuns(folder, BOOT, 99)[0]).toMatchObject({present: false, run: {exit: {code: 3, signal: null, at: 5}}});
});

test('an entry after a torn line is read', () => {
  recordIntent(folder, intent);
  writeFileSync(path, readFileSync(path, 'utf8') + '\n{"started":{"pid":12');
  recordExit(folder, token, {code: 3, signal: null, at: 5});
  expect(readRecords(folder)).toEqual([
    {token, intent, started: null, exit: {code: 3, signal: null, at: 5}, ready: false, cleared: null},
  ]);
});

test('a reused pid, and a record of another boot, match no process', () => {
  const stranger = sleeper();
  recordIntent(folder, intent);
  recordStarted(folder, token, {pid: stranger.pid, startTime: '1', startedAt: 7, cgroup: null});
  expect(findRuns(folder, BOOT, 99)).toMatchObject([{present: false, run: {exit: {code: null, signal: null}}}]);
  expect(findRuns(folder, 'next-boot', 99)).toEqual([]);
  expect(readRecords(folder)).toEqual([]);
});

test('a folder or binary data in place of a record is a run without a main process', () => {
  mkdirSync(path);
  writeFileSync(join(folder, 'c.run'), Buffer.from([0xff, 0, 0xfe]));
  const found = findRuns(folder, BOOT, 99).map(({run}) => `${run.token} ${run.pid}`);
  expect(found.sort()).toEqual([`${token} null`, 'c null']);
});

test('a run recorded as cleared is not searched for again', () => {
  const main = sleeper();
  recordIntent(folder, intent);
  recordStarted(folder, token, {...main, startedAt: 7, cgroup: null});
  recordExit(folder, token, {code: 3, signal: null, at: 5});
  expect(findRuns(folder, BOOT, 99)[0]?.run.cleared).toBe(null);
  recordCleared(folder, token, {proof: 'cgroup', survivors: []});
  expect(findRuns(folder, BOOT, 99)[0]?.run).toMatchObject({
    exit: {code: 3},
    cleared: {proof: 'cgroup', survivors: []},
  });
});
