/** Finds the supervisor of a fleet by its lock or, if the lock file is missing, by the processes. */
import {keeperAlive, readLock, type Lock} from './lock.ts';
import {livingIn, livingSupervisors, openLockOf, type Living} from '../home/living.ts';

/** Scans all processes on the first call and caches the result. */
export type Scan = () => readonly Living[];

export function scanOnce(): Scan {
  let found: readonly Living[] | null = null;
  return () => (found ??= livingSupervisors());
}

/** Returns the lock entry of a keeper that holds the lock of that folder, even if the file is missing, or null. */
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

/**
 * Returns the content of the lock file or, if it names no living keeper, the entry of a keeper that lives nevertheless.
 */
export function findLock(folder: string, scan?: Scan): {readonly lock: Lock | null; readonly alive: boolean} {
  const lock = readLock(folder);
  if (keeperAlive(lock)) return {lock, alive: true};
  const held = heldLock(folder, scan);
  return held ? {lock: held, alive: true} : {lock, alive: false};
}

const LOOK_MS = 50;
const PATIENCE_MS = 5_000;

/**
 * Returns the pid of a fleet's keeper, or null. Waits for a keeper that is starting, restarting or exiting. An anchor
 * that stays without a keeper also counts.
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
