/** Run in a pid namespace by reused-pid.test.ts: gives one pid to two processes, and prints the reader's values. */
import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync, writeFileSync} from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';
import {ProcSource} from '../../src/process/proc-source.ts';
import {Snapshot} from '../../src/process/snapshot.ts';

/** Start times have a resolution of 10 ms (clock ticks); two in one tick could not be distinguished. */
const SOME_TICKS_MS = 50;
/** More than the lifetime of cached details. */
const FORGOTTEN_MS = 3100;

const snapshots = [new Snapshot(new ProcSource({keepOpen: 100})), new Snapshot(new ProcSource())];
const told = (pid: number) =>
  snapshots.map(snapshot => {
    const row = snapshot.rows.find(pid);
    return row === -1 ? null : {command: snapshot.details(row).command, startTime: snapshot.identity(row)};
  });

async function program(...args: string[]): Promise<ChildProcess & {readonly pid: number}> {
  const child = spawn('sleep', args, {stdio: 'ignore'});
  const {pid} = child;
  if (pid === undefined) throw new Error('no sleep');
  while (!readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith('sleep')) await delay(5);
  return Object.assign(child, {pid});
}

/** Sets ns_last_pid (proc(5)): the next process gets the following number. */
async function another(pid: number): Promise<ChildProcess> {
  for (;;) {
    writeFileSync('/proc/sys/kernel/ns_last_pid', String(pid - 1));
    const child = await program('2222');
    if (child.pid === pid) return child;
    child.kill('SIGKILL');
  }
}

const first = await program('1111');
for (const snapshot of snapshots) await snapshot.refresh();
const before = told(first.pid);
const ended = once(first, 'exit');
await delay(SOME_TICKS_MS);
first.kill('SIGKILL');
await ended;
const second = await another(first.pid);
await delay(FORGOTTEN_MS);
const between = told(first.pid);
for (const snapshot of snapshots) await snapshot.refresh();
const after = told(first.pid);
second.kill('SIGKILL');
for (const snapshot of snapshots) snapshot.close();
console.log(JSON.stringify({before, between, after}));
