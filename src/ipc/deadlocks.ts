/** Processes that wait for each other's file locks, so that none of them can ever go on. */
import type {LockDetail} from './lock.ts';
import type {Channel} from './types.ts';

export interface Deadlock {
  /** Each waits for the next one, and the last one for the first. */
  readonly cycle: readonly {
    readonly pid: number;
    /** The lock that it has, and that the one before it waits for: the file's name, or the channel's id. */
    readonly holds: string;
    readonly waitsFor: string;
  }[];
}

/** Somebody waits for a lock, until each group of owners has let go: in a group one is enough. */
interface Wait {
  readonly on: string;
  readonly owners: readonly (readonly number[])[];
}

/** The deadlocks among locks of all files. A process counts as stuck as a whole: which thread holds a lock is not told. */
export function deadlocksOf(channels: readonly Channel[]): Deadlock[] {
  const waits = waitsIn(channels);
  const stuck = stuckIn(waits);
  const found = new Map<string, Deadlock>();
  for (const pid of [...stuck].sort((a, b) => a - b)) {
    const cycle = cycleFrom(pid, waits, stuck);
    const key = cycle
      .map(({pid: member}) => member)
      .sort((a, b) => a - b)
      .join(' ');
    if (cycle.length > 0 && !found.has(key)) found.set(key, {cycle});
  }
  return [...found.values()];
}

function waitsIn(channels: readonly Channel[]): Map<number, Wait[]> {
  const waits = new Map<number, Wait[]>();
  for (const {kind, id, name, detail} of channels) {
    if (kind !== 'lock') continue;
    const {owners, waiters} = detail as LockDetail;
    for (const pid of waiters) waits.set(pid, [...(waits.get(pid) ?? []), {on: name ?? id, owners}]);
  }
  return waits;
}

type Stuck = ReadonlySet<number>;

/** A lock that nobody can let go of any more. */
const isLost = (owners: readonly number[], stuck: Stuck): boolean =>
  owners.length > 0 && owners.every(owner => stuck.has(owner));

const isStuckBy = (wait: Wait, stuck: Stuck): boolean => wait.owners.some(owners => isLost(owners, stuck));

/** All who wait, without those who wait for somebody that can go on. */
function stuckIn(waits: ReadonlyMap<number, readonly Wait[]>): Stuck {
  const stuck = new Set(waits.keys());
  for (let changed = true; changed;) {
    changed = false;
    for (const pid of stuck) {
      if (waits.get(pid)?.some(wait => isStuckBy(wait, stuck)) === true) continue;
      stuck.delete(pid);
      changed = true;
    }
  }
  return stuck;
}

/** Follows who waits for whom until somebody comes again: those before it only wait for the cycle. */
function cycleFrom(start: number, waits: ReadonlyMap<number, readonly Wait[]>, stuck: Stuck): Deadlock['cycle'] {
  const path: {pid: number; waitsFor: string}[] = [];
  for (let pid = start; ;) {
    const known = path.findIndex(step => step.pid === pid);
    if (known !== -1) {
      const cycle = path.slice(known);
      // The smallest pid first, wherever it was begun.
      const least = cycle.reduce((best, step, i) => (step.pid < (cycle[best]?.pid ?? Infinity) ? i : best), 0);
      const turned = [...cycle.slice(least), ...cycle.slice(0, least)];
      return turned.map((step, i) => ({
        pid: step.pid,
        holds: turned.at(i - 1)?.waitsFor ?? '',
        waitsFor: step.waitsFor,
      }));
    }
    const wait = waits.get(pid)?.find(one => isStuckBy(one, stuck));
    const owner = wait?.owners.find(owners => isLost(owners, stuck))?.[0];
    if (wait === undefined || owner === undefined) return [];
    path.push({pid, waitsFor: wait.on});
    pid = owner;
  }
}
