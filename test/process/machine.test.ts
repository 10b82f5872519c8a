/** Compares every process of this machine with the output of ps(1) around the same moment. */
import {execFileSync, spawn, type ChildProcess} from 'node:child_process';
import {existsSync} from 'node:fs';
import {onTestFinished, test} from 'vitest';
import {libc} from '../../src/posix/libc.ts';
import {policyName} from '../../src/process/ps-stat.ts';
import {ProcSource} from '../../src/process/proc-source.ts';
import {Snapshot} from '../../src/process/snapshot.ts';
import {until} from '../end-to-end/harness.ts';
import {psKnows} from './ps.ts';

/** The columns compared, by their names in ps. */
const COLUMNS = 'pid=,stat=,ppid=,pgid=,sid=,ni=,nlwp=,cls=,euid=,comm=';
const CLASSES: Readonly<Record<string, string>> = {
  TS: 'other',
  FF: 'fifo',
  RR: 'rr',
  B: 'batch',
  IDL: 'idle',
  DLN: 'deadline',
};

/** On a machine with many short processes, it takes several looks until each was unchanged for a moment. */
const PATIENCE_MS = 50_000;

/** Returns all compared values by pid, from brood's reader. */
async function look(): Promise<Map<number, string>> {
  const snapshot = new Snapshot(new ProcSource());
  await snapshot.refresh();
  const {rows} = snapshot;
  const seen = new Map<number, string>();
  for (let n = 0; n < rows.count; n++) {
    const row = rows.at(n);
    const ids = [rows.ppid[row], rows.pgid[row], rows.sid[row], rows.nice[row], rows.threads[row]];
    const uid = snapshot.details(row).uid;
    seen.set(
      rows.pid[row]!,
      [snapshot.stat(row), ...ids, policyName(rows.policy[row]!), uid, plainOnly(rows.name(row))].join(' '),
    );
  }
  snapshot.close();
  return seen;
}

/** Returns an empty text for a name that ps would escape: other tests cover those. */
const plainOnly = (name: string): string => (/^[\x21-\x7e]+$/.test(name) ? name : '');

/** Returns the same from ps. */
function ask(): Map<number, string> {
  const output = execFileSync('ps', ['-eo', COLUMNS], {encoding: 'latin1', maxBuffer: 64 * 1024 * 1024});
  return new Map(
    output
      .trimEnd()
      .split('\n')
      .map((line): [number, string] => {
        const [, pid, stat, ids = '', cls = '', uid = '', comm = ''] =
          /^\s*(\d+)\s+(\S+)\s+(\d+\s+\d+\s+\d+\s+\S+\s+\d+)\s+(\S+)\s+(\d+) (.*)$/.exec(line) ?? [];
        const shown = ids.replace(/\s+/g, ' ');
        const name = plainOnly(comm.replace(/ <defunct>$/, ''));
        return [Number(pid), [stat, shown, CLASSES[cls] ?? cls, uid, name].join(' ')];
      }),
  );
}

/**
 * Compares two rows. This process is always running at its own look, and never at ps's. ps shows a nice value only if
 * the scheduler uses it.
 */
function alike(pid: number, own: string, their: string | undefined): boolean {
  if (their === undefined) return false;
  const state = (text: string): string => (pid === process.pid ? text.slice(1) : text);
  const nice = (text: string): string =>
    / (fifo|rr|idle|deadline) /.test(own) ? text.replace(/^((\S+ ){4})\S+/, '$1-') : text;
  const name = (text: string): string => (own.endsWith(' ') ? text.replace(/\S*$/, '') : text);
  return state(nice(own)) === name(state(nice(their)));
}

function start(command: string, ...args: string[]): ChildProcess {
  const child = spawn(command, args, {stdio: ['pipe', 'pipe', 'ignore'], detached: true});
  onTestFinished(() => {
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {
      child.kill('SIGKILL');
    }
  });
  return child;
}

/** Starts a process for each letter that ps shows. */
function cast(): void {
  start('nice', '-n', '5', 'sleep', '1000');
  start('sh', '-c', 'sleep 1000 & kill -STOP $!; wait');
  start('sh', '-c', 'sh -c "exit 3" & exec sleep 1000');
  if (existsSync('/usr/bin/script')) start('script', '-qefc', 'sleep 1000', '/dev/null');
  // One locked page of this process is enough for the L.
  const page = Buffer.alloc(4096);
  const lock = libc<[Buffer, number]>('int mlock(const void *address, size_t length)');
  const unlock = libc<[Buffer, number]>('int munlock(const void *address, size_t length)');
  if (lock(page, page.length) === 0) onTestFinished(() => void unlock(page, page.length));
  if (process.getuid?.() === 0) start('nice', '-n', '-5', 'sleep', '1000');
}

test.skipIf(!psKnows(COLUMNS))(
  'STAT, nice, parents, groups, sessions, threads, policies, users and names agree with ps',
  async () => {
    cast();
    const wanted = [/^SN/, /^T/, /^Z/, /^S\S*s/, /^\S\S*l/];
    await until('the cast', async () => {
      const seen = [...(await look()).values()];
      return wanted.every(letter => seen.some(one => letter.test(one)));
    });
    const pending = new Set((await look()).keys());
    // A process that changed between the looks around ps's is looked at again.
    await until(
      'the same of every process',
      async () => {
        const before = await look();
        const theirs = ask();
        const after = await look();
        const different: string[] = [];
        for (const pid of pending) {
          const own = after.get(pid);
          const their = theirs.get(pid);
          if (own === undefined || alike(pid, own, their)) pending.delete(pid);
          else if (before.get(pid) === own && their !== undefined) different.push(`${pid}: ${own}, but ps: ${their}`);
        }
        if (different.length > 0) throw new Error(different.join('\n'));
        return pending.size === 0;
      },
      PATIENCE_MS,
    );
  },
);
