/** Who waits for System V objects, as far as this user may know. */
import {readdirSync} from 'node:fs';
import {blockedCallsOf, type WaitingCall} from './blocked-calls.ts';
import type {Snapshot} from './snapshot.ts';
import {ipcNamespace} from './system-v.ts';

/** The pids of those that wait in one of these calls, by the id of the object, of this IPC namespace. */
export function waitersFor(snapshot: Snapshot, calls: readonly WaitingCall[]): Map<number, number[]> {
  const own = ipcNamespace(snapshot.root, 'self');
  const waiters = new Map<number, number[]>();
  for (const name of readdirSync(snapshot.root)) {
    const pid = Number(name);
    if (!(pid > 0)) continue;
    const ids = new Set(
      blockedCallsOf(snapshot, pid)
        .filter(({call}) => calls.includes(call))
        .map(({arguments: [id]}) => id)
        .filter(id => id !== undefined),
    );
    if (ids.size === 0 || ipcNamespace(snapshot.root, pid) !== own) continue;
    for (const id of ids) waiters.set(id, [...(waiters.get(id) ?? []), pid]);
  }
  return waiters;
}
