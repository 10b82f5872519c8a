/** Processes that wait for each other's file locks, so that none of them can ever continue. */
import {stuckIn, type Stuck, type Wanted} from './stuck.ts';
import type {LockDetail} from './lock.ts';
import type {Channel} from './types.ts';

export interface Deadlock {
  /** Each process waits for the next one, and the last one for the first. */
  readonly cycle: readonly {
    readonly pid: number;
    /** The lock that the process holds and the previous one waits for: the file's name, or the channel's id. */
    readonly holds: string;
    readonly waitsFor: string;
  }[];
}

/**
 * Returns the deadlocks among the locks of all files. A process counts as stuck as a whole: the kernel does not report
 * which thread holds a lock.
 */
export function deadlocksOf(channels: readonly Channel[]): Deadlock[] {
  const stuck = stuckIn(channels.filter(({kind}) => kind === 'lock').map(wantedOf));
  const found: Deadlock[] = [];
  const visited = new Set<number>();
  for (const pid of [...stuck.keys()].sort((a, b) => a - b)) {
    const cycle = cycleFrom(pid, stuck, visited);
    if (cycle.length > 0) found.push({cycle});
  }
  return found;
}

function wantedOf({id, name, detail}: Channel): Wanted {
  const {owners, waiters} = detail as LockDetail;
  return {name: name ?? id, owners, waiters};
}

/** Follows the waits until a process repeats: those before it only wait for the cycle. No process is visited twice. */
function cycleFrom(start: number, stuck: Stuck, visited: Set<number>): Deadlock['cycle'] {
  const path: {pid: number; waitsFor: string}[] = [];
  let pid = start;
  for (let wait; !visited.has(pid) && (wait = stuck.get(pid)) !== undefined; pid = wait.owner) {
    visited.add(pid);
    path.push({pid, waitsFor: wait.on});
  }
  const known = path.findIndex(step => step.pid === pid);
  if (known === -1) return [];
  const cycle = path.slice(known);
  // The smallest pid comes first, wherever the walk began.
  const least = cycle.reduce((best, step, i) => (step.pid < (cycle[best]?.pid ?? Infinity) ? i : best), 0);
  const turned = [...cycle.slice(least), ...cycle.slice(0, least)];
  return turned.map((step, i) => ({pid: step.pid, holds: turned.at(i - 1)?.waitsFor ?? '', waitsFor: step.waitsFor}));
}
