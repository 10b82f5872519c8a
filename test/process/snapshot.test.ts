/** Successive readings of one /proc: processes that stay or are new, and the values kept for each. */
import {closeSync, openSync, readdirSync, symlinkSync} from 'node:fs';
import {join} from 'node:path';
import fc from 'fast-check';
import {describe, expect, onTestFinished, test} from 'vitest';
import {openFilesLimit, setOpenFilesLimit} from '../../src/posix/process.ts';
import {known} from '../../src/process/rows.ts';
import type {Snapshot} from '../../src/process/snapshot.ts';
import {FakeProc, pidsOf, type Fake} from './fake-proc.ts';

const cpu = (snapshot: Snapshot, pid: number): number | null =>
  known(snapshot.rows.cpuPercent[snapshot.rows.find(pid)]);

describe.each([0, 100])('with %i descriptors kept open', keepOpen => {
  test('ended processes are removed and new ones added, in ascending order of pids', async () => {
    const proc = new FakeProc({pid: 20}, {pid: 3}, {pid: 100});
    const snapshot = proc.snapshot(keepOpen);
    await snapshot.refresh();
    expect(pidsOf(snapshot)).toEqual([3, 20, 100]);
    const row = snapshot.rows.find(100);
    proc.remove(3);
    proc.set({pid: 7, name: 'new'});
    await snapshot.refresh();
    expect(pidsOf(snapshot)).toEqual([7, 20, 100]);
    expect(snapshot.rows.find(3)).toBe(-1);
    expect(snapshot.rows.find(100)).toBe(row);
    expect(snapshot.rows.name(snapshot.rows.find(7))).toBe('new');
  });

  test('a pid of another process starts anew: start time, name and command line', async () => {
    const proc = new FakeProc();
    proc.set({pid: 3, ticks: 900, name: 'old', start: 10}, {cmdline: 'old\0program\0'});
    const snapshot = proc.snapshot(keepOpen);
    await snapshot.refresh();
    expect(snapshot.details(snapshot.rows.find(3)).command).toBe('old program');
    proc.remove(3);
    await snapshot.refresh();
    proc.set({pid: 3, ticks: 5, name: 'old', start: 20}, {cmdline: 'new\0program\0'});
    await snapshot.refresh();
    const row = snapshot.rows.find(3);
    expect(snapshot.rows.startTime[row]).toBe(20);
    expect(snapshot.details(row).command).toBe('new program');
  });
});

test('CPU is the time used between two readings, in percent of one core, and unknown after one', async () => {
  const proc = new FakeProc({pid: 3, ticks: 5000}, {pid: 4, ticks: 5000});
  const snapshot = proc.snapshot();
  await snapshot.refresh();
  expect(cpu(snapshot, 3)).toBeNull();
  proc.now += 2000;
  proc.set({pid: 3, ticks: 5050});
  // A process that did not exist before has used all of its time since.
  proc.set({pid: 5, ticks: 400});
  await snapshot.refresh();
  expect([3, 4, 5].map(pid => cpu(snapshot, pid))).toEqual([25, 0, 200]);
  expect(snapshot.forest.sum(snapshot.rows.cpuPercent, snapshot.rows.find(3))).toBe(25);
});

test('a pid reused between two readings is detected by its start time', async () => {
  const proc = new FakeProc();
  proc.set({pid: 3, ticks: 900, start: 10}, {cmdline: 'old\0'});
  const snapshot = proc.snapshot();
  await snapshot.refresh();
  expect(snapshot.details(snapshot.rows.find(3)).command).toBe('old');
  proc.now += 9000;
  proc.set({pid: 3, ticks: 900, start: 20}, {cmdline: 'new\0'});
  await snapshot.refresh();
  expect(snapshot.details(snapshot.rows.find(3)).command).toBe('new');
  expect(cpu(snapshot, 3)).toBe(100);
});

test('details of a pid reused since the reading are not returned', async () => {
  const proc = new FakeProc({pid: 3, start: 10});
  const snapshot = proc.snapshot();
  await snapshot.refresh();
  proc.set({pid: 3, start: 20}, {cmdline: 'another\0', smaps_rollup: 'Pss:   100 kB\n'});
  expect(snapshot.details(snapshot.rows.find(3)).command).toBeNull();
  expect(snapshot.pss(snapshot.rows.find(3))).toBeNull();
});

test('a change of name invalidates the command line', async () => {
  const proc = new FakeProc();
  proc.set({pid: 3, name: 'sh'}, {cmdline: 'sh\0-c\0exec\0'});
  const snapshot = proc.snapshot();
  await snapshot.refresh();
  const row = snapshot.rows.find(3);
  expect(snapshot.details(row).command).toBe('sh -c exec');
  proc.set({pid: 3, name: 'sleep'}, {cmdline: 'sleep\x001\0\0\0'});
  await snapshot.refresh();
  expect(snapshot.rows.name(row)).toBe('sleep');
  expect(snapshot.details(row).command).toBe('sleep 1');
});

test('folders that are no process, invalid files, and files of another process are skipped', async () => {
  const proc = new FakeProc({pid: 3});
  proc.set({pid: 4}, {stat: ''});
  proc.set({pid: 5}, {stat: '5 (x) S 1'});
  proc.set({pid: 6}, {stat: '60 (x) S 1 6 6 0 -1 0'});
  proc.remove(4);
  proc.set({pid: 4}, {stat: 'nothing'});
  symlinkSync('3', join(proc.root, '8'));
  symlinkSync('3', join(proc.root, 'self'));
  symlinkSync('nowhere', join(proc.root, '9'));
  symlinkSync('nowhere', join(proc.root, '99999999999999999999'));
  const snapshot = proc.snapshot();
  await snapshot.refresh();
  expect(pidsOf(snapshot)).toEqual([3]);
});

test('with more processes than there was room for, and then fewer, each keeps its own values', async () => {
  const all = Array.from({length: 700}, (_, n) => ({pid: n + 1, ppid: n, name: `n${n + 1}`, start: n}));
  const proc = new FakeProc(...all);
  const snapshot = proc.snapshot(300);
  await snapshot.refresh();
  for (const {pid} of all.filter(one => one.pid % 3 === 0)) proc.remove(pid);
  await snapshot.refresh();
  proc.set({pid: 3, name: 'again', start: 5000});
  await snapshot.refresh();
  const {rows, forest} = snapshot;
  expect(rows.count).toBe(700 - 233 + 1);
  for (let n = 0; n < rows.count; n++) {
    const row = rows.at(n);
    const pid = rows.pid[row];
    expect(rows.name(row)).toBe(pid === 3 ? 'again' : `n${pid}`);
    expect(rows.find(pid!)).toBe(row);
  }
  // The third process, the parent of the fourth, has ended: the one with its pid now is younger.
  expect(forest.parent(rows.find(4))).toBe(-1);
  expect(forest.size(rows.find(1))).toBe(3);
});

test('processes that start and end take only room for those alive at a time', async () => {
  const proc = new FakeProc({pid: 1, ppid: 0});
  const snapshot = proc.snapshot(10);
  await snapshot.refresh();
  const {capacity} = snapshot.rows;
  for (let round = 1; round <= 6; round++) {
    const pids = Array.from({length: 100}, (_, n) => round * 1000 + n);
    for (const pid of pids) proc.set({pid, start: pid});
    await snapshot.refresh();
    expect(pidsOf(snapshot)).toEqual([1, ...pids]);
    for (const pid of pids) proc.remove(pid);
  }
  expect(snapshot.rows.capacity).toBe(capacity);
});

/** Limits the number of further descriptors, until the test ends or the returned function is called. */
function spare(descriptors: number): () => void {
  const {soft, hard} = openFilesLimit();
  const restore = (): void => setOpenFilesLimit({soft, hard});
  onTestFinished(restore);
  // Free numbers below the highest open one can be used as well.
  const highest = Math.max(...readdirSync('/proc/self/fd').map(Number));
  setOpenFilesLimit({soft: BigInt(highest + 1 + descriptors), hard});
  return restore;
}

describe.skipIf(process.platform !== 'linux')('with a shortage of descriptors', () => {
  const all = Array.from({length: 300}, (_, n) => ({pid: n + 1, ppid: n, start: n}));
  const everybody = all.map(({pid}) => pid);

  test('kept files are closed, and no process is missed', async () => {
    const snapshot = new FakeProc(...all).snapshot(1000);
    spare(30);
    await snapshot.refresh();
    expect(pidsOf(snapshot)).toEqual(everybody);
    await snapshot.refresh();
    expect(pidsOf(snapshot)).toEqual(everybody);
  });

  test('an incomplete reading removes no process', async () => {
    const proc = new FakeProc(...all);
    const snapshot = proc.snapshot();
    await snapshot.refresh();
    proc.remove(7);
    const restore = spare(0);
    const held: number[] = [];
    onTestFinished(() => held.forEach(fd => closeSync(fd)));
    // Free numbers below the highest.
    expect(() => {
      for (;;) held.push(openSync('/dev/null', 'r'));
    }).toThrow(/EMFILE/);
    await expect(snapshot.refresh()).rejects.toThrow(/EMFILE/);
    expect([...pidsOf(snapshot)].sort((a, b) => a - b)).toEqual(everybody);
    restore();
    await snapshot.refresh();
    expect(pidsOf(snapshot)).toEqual(everybody.filter(pid => pid !== 7));
    expect(snapshot.rows.find(7)).toBe(-1);
  });
});

test('for any starts, ends, renames and reused pids, each reading shows the current processes', async () => {
  const pid = fc.integer({min: 1, max: 12});
  const step = fc.oneof(
    fc.record({kind: fc.constant('begin' as const), pid, ppid: fc.nat(12), name: fc.constantFrom('a', 'b', 'c)')}),
    fc.record({kind: fc.constant('end' as const), pid}),
    fc.record({kind: fc.constant('rename' as const), pid, name: fc.constantFrom('d', 'e e')}),
    fc.record({kind: fc.constant('read' as const)}),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, {minLength: 5, maxLength: 40}), async steps => {
      const proc = new FakeProc();
      const snapshot = proc.snapshot();
      const model = new Map<number, Fake & {readonly name: string}>();
      const rowOf = new Map<string, number>();
      let start = 0;
      for (const one of [...steps, {kind: 'read'} as const]) {
        if (one.kind === 'begin') {
          const born = {pid: one.pid, ppid: one.ppid, name: one.name, start: ++start};
          model.set(one.pid, born);
          proc.set(born, {cmdline: `${one.name} ${start}\0`});
        } else if (one.kind === 'end') {
          if (model.delete(one.pid)) proc.remove(one.pid);
        } else if (one.kind === 'rename') {
          const found = model.get(one.pid);
          if (found) proc.set({...found, name: one.name});
          if (found) model.set(one.pid, {...found, name: one.name});
        } else {
          await snapshot.refresh();
          const {rows} = snapshot;
          expect(pidsOf(snapshot)).toEqual([...model.keys()].sort((a, b) => a - b));
          for (const {pid: its, ppid, name, start: began} of model.values()) {
            const row = rows.find(its);
            expect([rows.pid[row], rows.ppid[row], rows.startTime[row], rows.name(row)]).toEqual([
              its,
              ppid,
              began,
              name,
            ]);
            expect(snapshot.details(row).command).toMatch(new RegExp(` ${began}$`));
            // A process keeps its row.
            const identity = `${its} ${began}`;
            expect(rowOf.get(identity) ?? row).toBe(row);
            rowOf.set(identity, row);
          }
          for (const row of snapshot.forest.roots()) expect(snapshot.forest.depth(row)).toBe(0);
        }
      }
    }),
    {numRuns: 30},
  );
});
