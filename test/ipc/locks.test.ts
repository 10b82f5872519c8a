/** File locks of simulated processes: holders and waiters compared with all pairs, and the cost of many locks. */
import {mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import fc from 'fast-check';
import {describe, expect, onTestFinished, test} from 'vitest';
import {deadlocksOf} from '../../src/ipc/deadlocks.ts';
import {groupBy} from '../../src/ipc/files.ts';
import {lock, type LockDetail} from '../../src/ipc/lock.ts';
import {parseLockLine, type LockLine} from '../../src/ipc/lock-lines.ts';
import {MOST_LOCK_BYTES} from '../../src/ipc/lock-table.ts';
import type {OpenFile, Snapshot} from '../../src/ipc/snapshot.ts';
import type {Channel} from '../../src/ipc/types.ts';
import {sizesGrowLinearly} from '../text/growth.ts';

const S_IFREG = 0o100000;

interface Descriptor {
  readonly pid: number;
  readonly fd: number;
  readonly inode: number;
  /** The lock lines of its `fdinfo`. */
  readonly locks: string;
}

interface Machine {
  readonly snapshot: Snapshot;
  /** Number of `fdinfo` lines that were read. */
  readonly read: () => number;
}

function machine(locks: string, descriptors: readonly Descriptor[]): Machine {
  const none = new Map<number, never>();
  const infos = new Map(descriptors.map(({pid, fd, locks: own}) => [`${pid}/fdinfo/${fd}`, own]));
  const leftOut: string[] = [];
  let read = 0;
  const fileOf = ({pid, fd, inode}: Descriptor): OpenFile => ({
    ...{pid, fd, inode, mode: 'r', path: `/srv/${inode}`, type: S_IFREG, device: 'fe:00', major: 0, minor: 0},
  });
  const snapshot: Snapshot = {
    ...{root: '/nowhere', pipes: none, sockets: none, eventfds: [], mappings: [], statuses: none, denied: []},
    ...{files: descriptors.map(fileOf), leftOut, process: () => null},
    leaveOut: words => void leftOut.push(words),
    text(pid, path) {
      if (pid === null) return path === 'locks' ? locks : null;
      const info = infos.get(`${pid}/${path}`) ?? null;
      read += info?.split('\n').length ?? 0;
      return info;
    },
  };
  return {snapshot, read: () => read};
}

interface Made {
  readonly call: 'FLOCK ' | 'POSIX ' | 'OFDLCK';
  readonly type: 'READ ' | 'WRITE';
  readonly pid: number;
  readonly inode: number;
  readonly start: number;
  readonly length: number;
  readonly waits: boolean;
}

function lineOf({call, type, pid, inode, start, length, waits}: Made): string {
  const range = call === 'FLOCK ' || length === 0 ? '0 EOF' : `${start} ${start + length}`;
  return `1: ${waits ? '-> ' : ''}${call} ADVISORY  ${type} ${call === 'OFDLCK' ? -1 : pid} fe:00:${inode} ${range}\n`;
}

const made = fc.record({
  call: fc.constantFrom('FLOCK ', 'POSIX ', 'OFDLCK'),
  type: fc.constantFrom('READ ', 'WRITE'),
  pid: fc.integer({min: 1, max: 5}),
  inode: fc.integer({min: 1, max: 2}),
  start: fc.integer({min: 0, max: 9}),
  length: fc.integer({min: 0, max: 5}),
  waits: fc.boolean(),
} satisfies Record<keyof Made, unknown>) as fc.Arbitrary<Made>;

const familyOf = ({call}: LockLine): string => (call === 'flock' ? 'flock' : 'record');

/** Whether `held` blocks `line`. */
const blocks = (held: LockLine, line: LockLine): boolean =>
  familyOf(held) === familyOf(line) &&
  held.file === line.file &&
  held.start <= line.end &&
  line.start <= held.end &&
  (held.type === 'write' || line.type === 'write') &&
  (held.call !== 'posix' || held.pid !== line.pid);

const detailOf = ({detail}: Channel): LockDetail => detail as LockDetail;
const numbers = (all: readonly (number | null)[]): number[] =>
  [...new Set(all.filter(pid => pid !== null))].sort((a, b) => a - b);

test('holders and waiters agree with a comparison of all pairs', () => {
  fc.assert(
    fc.property(fc.array(made, {maxLength: 30}), all => {
      const lines = all.map(one => parseLockLine(lineOf(one))!);
      // Each process has each file open twice, and lists its locks at both descriptors.
      const descriptors = [1, 2, 3, 4, 5].flatMap(pid =>
        [1, 2].flatMap(inode => {
          const own = all.filter(one => one.pid === pid && one.inode === inode && !one.waits);
          const locks = own.map(one => `lock:\t${lineOf(one)}`).join('');
          return [0, 10].map(more => ({pid, fd: inode + more, inode, locks}));
        }),
      );
      const channels = lock.read(machine(all.map(lineOf).join(''), descriptors).snapshot);
      const places = groupBy(
        all.map((one, i) => ({one, line: lines[i]!})).filter(({line}) => !line.waits),
        ({line}) => `${familyOf(line)} ${line.file} ${line.start} ${line.end}`,
      );
      expect(channels).toHaveLength(places.size);
      for (const [i, group] of [...places.values()].entries()) {
        const detail = detailOf(channels[i]!);
        expect(detail.holders).toEqual(numbers(group.map(({one}) => one.pid)));
        const waiting = lines.filter(line => line.waits && group.some(({line: held}) => blocks(held, line)));
        expect(detail.waiters).toEqual(numbers(waiting.map(({pid}) => pid)));
      }
    }),
    {numRuns: 500},
  );
});

/** Returns locks of single bytes by one process, and waiters for the whole file. */
const crowd = (held: number, waiting: number): string[] => [
  ...Array.from({length: held}, (_, i) => `1: POSIX  ADVISORY  WRITE 7 fe:00:1 ${i * 2} ${i * 2}\n`),
  ...Array.from({length: waiting}, (_, i) => `1: -> POSIX  ADVISORY  WRITE ${1000 + i} fe:00:1 0 EOF\n`),
];

/** Returns a machine with many descriptors of one file, each of which lists all locks. */
function duplicated(held: number, copies: number): Machine {
  const lines = crowd(held, 0);
  const locks = lines.map(line => `lock:\t${line}`).join('');
  return machine(
    lines.join(''),
    Array.from({length: copies}, (_, i) => ({pid: 7, fd: i, inode: 1, locks})),
  );
}

describe('many locks', () => {
  test('with many descriptors: the work is linear in the sum of both, and the omission is reported', () => {
    const {snapshot, read} = duplicated(4000, 100);
    const channels = lock.read(snapshot);
    expect(channels.map(one => detailOf(one).holders)).toEqual(Array.from({length: 4000}, () => [7]));
    expect(read()).toBeLessThan(15 * (4000 + 100));
    expect(snapshot.leftOut).toMatchObject([/too many locks and descriptors of \/srv\/1:/]);
    // Ordinary numbers are read completely.
    for (const few of [duplicated(20, 20), duplicated(1, 1000), duplicated(1000, 2)]) {
      const named = lock.read(few.snapshot);
      expect(few.snapshot.leftOut).toEqual([]);
      expect(named[0]?.ends.length).toBeGreaterThan(1);
    }
    sizesGrowLinearly('duplicates', 100, size => {
      const large = duplicated(size * 10, size);
      return () => lock.read(large.snapshot);
    });
  });

  test('with many waiters: some of the waiters are listed, and the omission is reported', () => {
    const {snapshot} = machine(crowd(2000, 2000).join(''), []);
    const named = lock.read(snapshot).reduce((sum, channel) => sum + detailOf(channel).waiters.length, 0);
    expect(named).toBeGreaterThan(2000);
    expect(named).toBeLessThan(30 * 4000);
    expect(snapshot.leftOut).toMatchObject([/too many locks and descriptors of fe:00:1:/]);
    const few = machine(crowd(30, 30).join(''), []).snapshot;
    expect(lock.read(few).map(channel => detailOf(channel).waiters.length)).toEqual(Array.from({length: 30}, () => 30));
    expect(few.leftOut).toEqual([]);
    sizesGrowLinearly('waiters', 1000, size => {
      const large = machine(crowd(size, size).join(''), []).snapshot;
      return () => lock.read(large);
    });
  });

  const fcntl = {x64: 72, arm64: 25}[process.arch as string];
  test.skipIf(fcntl === undefined)('with many waiters that the kernel does not name: the same', () => {
    const root = mkdtempSync(join(tmpdir(), 'brood-locks-'));
    onTestFinished(() => rmSync(root, {recursive: true, force: true}));
    const count = 400;
    // Each thread waits with a descriptor of its own.
    for (let fd = 0; fd < count; fd++) mkdirSync(join(root, `8/task/${fd}`), {recursive: true});
    const held = Array.from({length: count}, (_, i) => `1: OFDLCK ADVISORY  WRITE -1 fe:00:1 ${i * 2} ${i * 2}\n`).join(
      '',
    );
    const descriptors = Array.from({length: count}, (_, fd) => ({
      pid: 8,
      fd,
      inode: 1,
      locks: fd === 0 ? `lock:\t${held}` : '',
    }));
    const {snapshot} = machine(`${held}1: -> OFDLCK ADVISORY  WRITE -1 fe:00:1 0 EOF\n`, descriptors);
    const text: Snapshot['text'] = (pid, path) => {
      const thread = /^task\/(\d+)\/syscall$/.exec(path)?.[1];
      return thread === undefined ? snapshot.text(pid, path) : `${fcntl ?? ''} ${thread} 38 0\n`;
    };
    const channels = lock.read({...snapshot, root, text});
    expect(detailOf(channels[0]!).waiters).toEqual([8]);
    expect(channels[0]?.ends).toHaveLength(count);
    expect(channels.reduce((sum, {ends}) => sum + ends.length, 0)).toBeLessThan(50 * count);
    expect(snapshot.leftOut).toMatchObject([/too many locks and descriptors of \/srv\/1:/]);
  });

  test('beyond the limit for the whole machine: the rest is omitted, and the omission is reported', () => {
    const line = '1: FLOCK  ADVISORY  WRITE 7 fe:00:1 0 EOF\n';
    const {snapshot} = machine(line.repeat(Math.ceil(MOST_LOCK_BYTES / line.length)), []);
    expect(lock.read(snapshot)).toHaveLength(1);
    expect(snapshot.leftOut).toMatchObject([/more than \d+ file locks/]);
  });

  test('deadlocks are found in time linear in the locks and waiters', () => {
    const channel = (name: string, owners: number[][], waiters: number[]): Channel => ({
      ...{kind: 'lock', id: name, name, ends: []},
      detail: {lock: 'flock', type: 'write', range: null, owners, holders: owners.flat(), waiters},
    });
    /** Returns a chain of waiters that ends in a cycle of two, and one that ends at a process that can continue. */
    const chains = (size: number): Channel[] => [
      ...Array.from({length: size}, (_, i) => channel(`a${i}`, [[i + 2]], [i + 1])),
      channel('b', [[size]], [size + 1]),
      ...Array.from({length: size}, (_, i) => channel(`c${i}`, [[1_000_000 + i + 1]], [1_000_000 + i])),
      channel(
        'd',
        Array.from({length: size}, (_, i) => [2_000_000 + i]),
        Array.from({length: size}, (_, i) => 3_000_000 + i),
      ),
    ];
    expect(deadlocksOf(chains(1000)).map(({cycle}) => cycle.map(({pid}) => pid))).toEqual([[1000, 1001]]);
    sizesGrowLinearly('chains', 2000, size => {
      const channels = chains(size);
      return () => deadlocksOf(channels);
    });
  });
});
