/** The two sources compared: /proc, and ps(1) for systems without it. */
import {spawn, type ChildProcess} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {describe, expect, onTestFinished, test} from 'vitest';
import {openSource, type SourceOptions} from '../../src/process/open-source.ts';
import {PortableSource} from '../../src/process/portable-source.ts';
import {known, Rows} from '../../src/process/rows.ts';
import {Snapshot} from '../../src/process/snapshot.ts';
import {until} from '../end-to-end/harness.ts';
import {psKnows} from './ps.ts';

/** Timeout of tests that start many processes, on a busy machine. */
const SLOW_MS = 60_000;

const psWorks = psKnows('pid=,ppid=,uid=,%cpu=,%mem=,lstart=,comm=');
const isHere = (portable: boolean): boolean => (portable ? psWorks : process.platform === 'linux');

async function open(options: SourceOptions): Promise<Snapshot> {
  const snapshot = new Snapshot(await openSource(options));
  onTestFinished(() => snapshot.close());
  return snapshot;
}

function start(script: string, ...args: string[]): ChildProcess & {readonly pid: number} {
  const child = spawn('sh', ['-c', script, 'sh', ...args], {stdio: ['pipe', 'ignore', 'ignore'], detached: true});
  const {pid} = child;
  if (pid === undefined) throw new Error('no sh');
  onTestFinished(() => {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  });
  return Object.assign(child, {pid});
}

const pidsBelow = ({rows, forest}: Snapshot, pid: number): number[] => {
  const row = rows.find(pid);
  if (row === -1) return [];
  return Array.from({length: forest.size(row)}, (_, n) => rows.pid[forest.at(forest.place(row) + n)]!);
};

describe.each([
  ['/proc', false],
  ['ps', true],
])('%s', (_, portable) => {
  test.skipIf(!isHere(portable))(
    'a family is read: parents, command lines, users, start times',
    async () => {
      const before = Date.now();
      const family = start('sh -c "sleep 1001; :" & sleep 1002');
      const snapshot = await open({portable});
      const {rows, forest} = snapshot;
      await until(
        'four of them',
        async () => {
          await snapshot.refresh();
          const commands = pidsBelow(snapshot, family.pid).map(pid => snapshot.details(rows.find(pid)).command);
          return commands.length === 4 && commands.includes('sleep 1001') && commands.includes('sleep 1002');
        },
        SLOW_MS,
      );
      const row = rows.find(family.pid);
      expect(rows.ppid[row]).toBe(process.pid);
      expect(rows.pid[forest.parent(row)]).toBe(process.pid);
      expect(rows.name(row)).toMatch(/^(sh|dash|bash|busybox)$/);
      expect(snapshot.details(row).uid).toBe(process.getuid?.());
      // The boot time has a resolution of one second, and so has ps.
      expect(snapshot.startedAt(row)).toBeGreaterThan(before - 3000);
      expect(snapshot.startedAt(row)).toBeLessThan(Date.now() + 3000);
      const inner = [...forest.children(row)].find(child => snapshot.details(child).command?.includes('1001'))!;
      expect(pidsBelow(snapshot, rows.pid[inner]!)).toHaveLength(2);
    },
    SLOW_MS,
  );

  test.skipIf(!isHere(portable))(
    'ended processes are gone at the next reading, and the others keep their rows',
    async () => {
      const [stays, ends] = [start('sleep 1000'), start('sleep 1000')];
      const snapshot = await open({portable, again: true});
      await snapshot.refresh();
      const row = snapshot.rows.find(stays.pid);
      expect(snapshot.rows.find(ends.pid)).not.toBe(-1);
      const gone = new Promise(resolve => ends.once('exit', resolve));
      process.kill(-ends.pid, 'SIGKILL');
      await gone;
      await snapshot.refresh();
      expect(snapshot.rows.find(ends.pid)).toBe(-1);
      expect(snapshot.rows.find(stays.pid)).toBe(row);
      expect(known(snapshot.rows.cpuPercent[row])).toBeGreaterThanOrEqual(0);
    },
    SLOW_MS,
  );

  test.skipIf(!isHere(portable))(
    'processes may start and end while they are read',
    async () => {
      const family = start('while :; do sh -c "(exit 1) & (sleep 0.01 &) ; exit 2"; done');
      const snapshot = await open({portable, again: true});
      for (let reading = 0; reading < (portable ? 5 : 100); reading++) {
        await snapshot.refresh();
        const {rows, forest} = snapshot;
        const placed = new Set(Array.from({length: rows.count}, (_none, n) => rows.pid[forest.at(n)]));
        expect(placed.size).toBe(rows.count);
        for (const pid of pidsBelow(snapshot, family.pid)) snapshot.details(rows.find(pid));
        expect(rows.ppid[rows.find(family.pid)]).toBe(process.pid);
      }
    },
    SLOW_MS,
  );

  test.skipIf(!isHere(portable) || process.platform !== 'linux')(
    'a name with a newline, parentheses and an escape sequence does no harm',
    async () => {
      const named = start('printf "a) R 1\\n\\033[2J(" >/proc/$$/comm; read -r nothing');
      const snapshot = await open({portable});
      const {rows} = snapshot;
      await until('the name', () => readFileSync(`/proc/${named.pid}/comm`, 'latin1').startsWith('a)'), SLOW_MS);
      await snapshot.refresh();
      if (!portable) expect(rows.name(rows.find(named.pid))).toBe('a) R 1\n\x1b[2J(');
      expect(rows.ppid[rows.find(named.pid)]).toBe(process.pid);
    },
    SLOW_MS,
  );
});

test.skipIf(!psWorks)('values that ps lacks are unknown', async () => {
  const snapshot = await open({portable: true});
  await snapshot.refresh();
  const {rows} = snapshot;
  const row = rows.find(process.pid);
  const unknown = [rows.nice, rows.threads, rows.pgid, rows.priority, rows.rssBytes, rows.exitStatus];
  expect(unknown.map(column => known(column[row]))).toEqual(unknown.map(() => null));
  expect([snapshot.state(row), snapshot.stat(row), snapshot.pss(row), snapshot.identity(row)]).toEqual([
    null,
    null,
    null,
    null,
  ]);
  expect(snapshot.isKernelThread(row)).toBe(false);
});

test.skipIf(!psWorks)('one process and its descendants are read by pidtree', async () => {
  const family = start('sleep 1001 & sleep 1002');
  const rows = new Rows();
  const source = new PortableSource({below: family.pid});
  await until(
    'three',
    async () => {
      await source.read(rows);
      return rows.count === 3;
    },
    SLOW_MS,
  );
  expect(rows.ppid[rows.find(family.pid)]).toBe(process.pid);
  expect(source.details(rows, rows.find(family.pid)).command).toContain('sleep 1001 & sleep 1002');
  const nobody = new PortableSource({below: 2 ** 30});
  await nobody.read(rows);
  expect(rows.count).toBe(0);
});

test.skipIf(process.platform !== 'linux')('PSS is read on request', async () => {
  const snapshot = await open({});
  await snapshot.refresh();
  const row = snapshot.rows.find(process.pid);
  const pss = snapshot.pss(row);
  expect(pss).toBeGreaterThan(1024 * 1024);
  expect(pss).toBeLessThanOrEqual(snapshot.rows.rssBytes[row]! * 1.5);
});
