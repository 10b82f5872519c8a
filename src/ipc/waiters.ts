/** The processes that wait for System V objects, as far as this user may see them. */
import {readdirSync} from 'node:fs';
import {blockedCallsOf, type WaitingCall} from './blocked-calls.ts';
import type {Snapshot} from './snapshot.ts';
import {ipcNamespace} from './system-v.ts';

/** By call and id of an object in this IPC namespace: the processes that wait. */
type Waiters = ReadonlyMap<string, readonly number[]>;

const keyOf = (call: WaitingCall, id: number): string => `${call} ${id}`;

const computed = new WeakMap<Snapshot, Waiters>();

/** Returns the pids of processes that wait for the object in one of these calls. */
export function waitersFor(snapshot: Snapshot, calls: readonly WaitingCall[], id: number): number[] {
  let waiters = computed.get(snapshot);
  if (waiters === undefined) computed.set(snapshot, (waiters = readWaiters(snapshot)));
  return [...new Set(calls.flatMap(call => waiters.get(keyOf(call, id)) ?? []))];
}

/** Reads all processes, so the result is cached. */
function readWaiters(snapshot: Snapshot): Waiters {
  const own = ipcNamespace(snapshot.root, 'self');
  const waiters = new Map<string, number[]>();
  for (const name of readdirSync(snapshot.root)) {
    const pid = Number(name);
    const calls = pid > 0 ? blockedCallsOf(snapshot, pid).filter(({call}) => call !== 'fcntl' && call !== 'flock') : [];
    if (calls.length === 0 || ipcNamespace(snapshot.root, pid) !== own) continue;
    for (const {
      call,
      arguments: [id],
    } of calls) {
      if (id === undefined) continue;
      const key = keyOf(call, id);
      const others = waiters.get(key);
      if (others) others.push(pid);
      else waiters.set(key, [pid]);
    }
  }
  return waiters;
}
