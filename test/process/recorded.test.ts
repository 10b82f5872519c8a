/** Recorded trees (fixtures/proc): complete, truncated and corrupted. */
import {cpSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import fc from 'fast-check';
import {describe, expect, onTestFinished, test} from 'vitest';
import {policyName} from '../../src/process/ps-stat.ts';
import {ProcSource} from '../../src/process/proc-source.ts';
import {Snapshot} from '../../src/process/snapshot.ts';
import {Terminals} from '../../src/process/terminals.ts';
import {scratch} from '../control/helpers.ts';
import {project} from '../end-to-end/harness.ts';

const recordings = join(project, 'fixtures', 'proc');
const scenes = readdirSync(recordings, {withFileTypes: true}).flatMap(one => (one.isDirectory() ? one.name : []));
const CLASSES: Readonly<Record<string, string>> = {other: 'TS', fifo: 'FF', rr: 'RR', batch: 'B', idle: 'IDL'};

async function snapshotOf(root: string): Promise<Snapshot> {
  const snapshot = new Snapshot(new ProcSource({root}));
  onTestFinished(() => snapshot.close());
  await snapshot.refresh();
  return snapshot;
}

const rowsOf = ({rows}: Snapshot): number[] => Array.from({length: rows.count}, (_, n) => rows.at(n));

/** Returns what ps would print, by pid. */
function asPs(snapshot: Snapshot, root: string): Map<number, string> {
  const {rows} = snapshot;
  const terminals = new Terminals(root);
  return new Map(
    rowsOf(snapshot).map(row => {
      const policy = CLASSES[policyName(rows.policy[row]!)] ?? '?';
      const nice = ['TS', 'B'].includes(policy) ? rows.nice[row]! : '-';
      const ids = [rows.ppid[row], rows.pgid[row], rows.sid[row]];
      const last = [snapshot.details(row).uid, terminals.name(rows.terminal[row]!) ?? '?'];
      const words = [rows.pid[row], snapshot.stat(row), ...ids, nice, rows.threads[row], policy, ...last];
      return [rows.pid[row]!, words.join(' ')];
    }),
  );
}

/** Returns all values of each process, but only the pid of its parent. */
function told(snapshot: Snapshot): Map<number, string> {
  const {rows} = snapshot;
  return new Map(
    rowsOf(snapshot).map(row => {
      const {command, uid, cgroup, lockedBytes} = snapshot.details(row);
      const numbers = [rows.ppid[row], rows.startTime[row], rows.cpuTicks[row], rows.exitStatus[row]];
      const facts = [snapshot.stat(row), rows.name(row), numbers, command, uid, cgroup, lockedBytes, snapshot.pss(row)];
      return [rows.pid[row]!, JSON.stringify(facts)];
    }),
  );
}

describe.each(scenes)('%s', scene => {
  const root = join(recordings, scene);

  test('is read as by ps', async () => {
    const snapshot = await snapshotOf(root);
    const lines = readFileSync(join(root, 'ps.txt'), 'latin1').trimEnd().split('\n');
    const theirs = lines.map((line): [number, string] => [parseInt(line), line.trim().replace(/\s+/g, ' ')]);
    expect(asPs(snapshot, root)).toEqual(new Map(theirs));
  });

  test('places every process in the forest', async () => {
    const {rows, forest} = await snapshotOf(root);
    const placed = Array.from({length: rows.count}, (_, n) => rows.pid[forest.at(n)]);
    expect(new Set(placed).size).toBe(rows.count);
    expect(rows.count).toBeGreaterThan(0);
  });

  test('with one file cut, garbled, missing or exchanged leaves all others unchanged, and confuses no identity', async () => {
    const whole = told(await snapshotOf(root));
    const pids = [...whole.keys()];
    const copy = join(scratch(), 'proc');
    cpSync(root, copy, {recursive: true});
    const damage = fc.oneof(
      fc.record({kind: fc.constant('cut' as const), at: fc.nat(1500)}),
      fc.record({
        kind: fc.constant('garbled' as const),
        at: fc.nat(1500),
        bytes: fc.uint8Array({minLength: 1, maxLength: 20}),
      }),
      fc.record({kind: fc.constant('missing' as const)}),
      fc.record({kind: fc.constant('noise' as const), bytes: fc.uint8Array({maxLength: 300})}),
      fc.record({kind: fc.constant('swapped' as const), other: fc.constantFrom(...pids)}),
    );
    const files = fc.constantFrom('stat', 'stat', 'status', 'cmdline', 'cgroup', 'smaps_rollup');
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...pids), files, damage, async (pid, file, how) => {
        const path = join(copy, String(pid), file);
        const original = contentOf(join(root, String(pid), file));
        if (original === null) return;
        try {
          rmSync(path);
          if (how.kind === 'cut') writeFileSync(path, original.subarray(0, how.at));
          else if (how.kind === 'noise') writeFileSync(path, how.bytes);
          else if (how.kind === 'swapped') writeFileSync(path, contentOf(join(root, String(how.other), file)) ?? '');
          else if (how.kind === 'garbled')
            writeFileSync(
              path,
              Buffer.concat([original.subarray(0, how.at), how.bytes, original.subarray(how.at + how.bytes.length)]),
            );
          const snapshot = new Snapshot(new ProcSource({root: copy}));
          await snapshot.refresh();
          const seen = told(snapshot);
          snapshot.close();
          for (const other of pids) if (other !== pid) expect(seen.get(other)).toBe(whole.get(other));
          if (file !== 'stat') expect(seen.has(pid)).toBe(true);
          // Of a damaged stat, either nothing is used or, if only its end is missing, everything.
          else if (how.kind === 'missing' || (how.kind === 'swapped' && how.other !== pid))
            expect(seen.has(pid)).toBe(false);
          else if (how.kind === 'cut' && seen.has(pid))
            expect(withoutExit(seen.get(pid))).toBe(withoutExit(whole.get(pid)));
        } finally {
          writeFileSync(path, original);
        }
      }),
      {numRuns: 150},
    );
  });
});

function contentOf(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}

/** The exit status of a zombie is at the very end of the line. */
const withoutExit = (facts: string | undefined): string | undefined => facts?.replace(/,[-\d]+\],/, ',],');

test('names and command lines are returned unchanged, whatever they contain', async () => {
  const snapshot = await snapshotOf(join(recordings, 'names'));
  const names = rowsOf(snapshot).map(row => snapshot.rows.name(row));
  const wanted = [
    'a b',
    'a) R 1 (b',
    'new\nline',
    '\x1b]0;title\x07',
    '\x1b[2J',
    '((((',
    '))))',
    '',
    '\ufffd\ufffd',
    ' ',
    '-x 1',
    '12 (13) S',
  ];
  expect(names).toEqual(expect.arrayContaining([...wanted, 'ééééééé\ufffd']));
  const commands = rowsOf(snapshot).map(row => snapshot.details(row).command);
  expect(commands).toEqual(expect.arrayContaining(['\x1b]0;title\x07\x1b[31mred 1000', 'two\nlines\r 1000']));
});

test('a zombie has an exit status and no command line', async () => {
  const snapshot = await snapshotOf(join(recordings, 'zombies'));
  const {rows} = snapshot;
  const ended = rowsOf(snapshot).filter(row => snapshot.hasEnded(row));
  expect(ended.map(row => rows.exitStatus[row]).sort()).toEqual([0, 3 << 8, 9]);
  expect(ended.map(row => snapshot.details(row).command)).toEqual([null, null, null]);
});

test('a process of which only the first thread has ended has not ended', async () => {
  const snapshot = await snapshotOf(join(recordings, 'zombies'));
  const threaded = rowsOf(snapshot).filter(row => snapshot.stat(row) === 'Zl');
  expect(threaded.map(row => snapshot.hasEnded(row))).toEqual([false]);
});

test('a kernel thread is distinguished from programs', async () => {
  const snapshot = await snapshotOf(join(recordings, 'ordinary'));
  const kernel = rowsOf(snapshot).filter(row => snapshot.isKernelThread(row));
  expect(kernel.map(row => snapshot.rows.name(row))).toContain('kthreadd');
  expect(kernel.map(row => snapshot.rows.name(row))).not.toContain('sleep');
  expect(kernel.map(row => snapshot.details(row).command).every(command => command === null)).toBe(true);
});

test('a process that entered a pid namespace from outside is a root beside its init', async () => {
  const {rows, forest} = await snapshotOf(join(recordings, 'namespace'));
  const roots = [...forest.roots()].map(row => ({pid: rows.pid[row], ppid: rows.ppid[row], size: forest.size(row)}));
  expect(roots[0]).toMatchObject({pid: 1, ppid: 0});
  expect(roots[1]).toMatchObject({ppid: 0, size: 2});
  expect(roots).toHaveLength(2);
});
