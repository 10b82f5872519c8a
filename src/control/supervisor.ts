/** Whether a fleet has a supervisor: its lock says so, or, where the lock is gone under a living one, the processes. */
import {keeperAlive, readLock, type Lock} from './lock.ts';
import {livingIn, livingSupervisors, openLockOf, type Living} from '../home/living.ts';

/** Looks at all processes when that is needed, and once. */
export type Scan = () => readonly Living[];

export function scanOnce(): Scan {
  let found: readonly Living[] | null = null;
  return () => (found ??= livingSupervisors());
}

/** The name of a lock that would stand in its file if that were there; null: no keeper of that folder holds one. */
export function heldLock(folder: string, scan: Scan = livingSupervisors): Lock | null {
  const all = livingIn(folder, scan());
  const keeper = all.find(({role, pid}) => role === 'keeper' && openLockOf(pid, folder) !== null);
  if (!keeper) return null;
  const anchor = all.find(({role}) => role === 'anchor');
  return {
    pid: keeper.pid,
    startTime: keeper.startTime,
    anchor: anchor?.pid ?? null,
    anchorStartTime: anchor?.startTime ?? null,
  };
}

/** What the lock's file says, or, where it names no living keeper, the keeper that lives all the same. */
export function findLock(folder: string, scan?: Scan): {readonly lock: Lock | null; readonly alive: boolean} {
  const lock = readLock(folder);
  if (keeperAlive(lock)) return {lock, alive: true};
  const held = heldLock(folder, scan);
  return held ? {lock: held, alive: true} : {lock, alive: false};
}

const LOOK_MS = 50;
const PATIENCE_MS = 5_000;

/**
 * The keeper of a fleet, or null. One that is coming up, is being started again or is leaving is waited for; an anchor
 * that stays without a keeper counts as well.
 */
export async function settledSupervisor(folder: string): Promise<number | null> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const {lock, alive} = findLock(folder);
    if (alive) return lock?.pid ?? 0;
    const parts = livingIn(folder).filter(({role}) => role !== 'controller');
    if (parts.length === 0) return null;
    if (performance.now() > end) return parts.find(({role}) => role === 'anchor')?.pid ?? null;
    await new Promise(resolve => setTimeout(resolve, LOOK_MS));
  }
}
