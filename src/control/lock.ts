/**
 * The lock file of a fleet, for readers. It identifies the keeper that holds it by pid and start time, so that neither
 * a stale file nor a reused pid is taken for a living supervisor.
 */
import {hasCode} from '../base/errors.ts';
import {readFileSync} from 'node:fs';
import {inFolder} from './folder.ts';
import {isObject} from '../base/json.ts';

export interface Lock {
  /** The keeper. */
  readonly pid: number;
  /** Clock ticks after boot (proc(5), stat field 22), or null if the kernel has no /proc. */
  readonly startTime: string | null;
  readonly anchor: number | null;
  readonly anchorStartTime: string | null;
}

const word = (value: unknown): string | null =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : null;
const pidOf = (value: unknown): number | null =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : null;

/** Returns the content of the lock file, or null if it is missing or invalid. */
export function readLock(folder: string): Lock | null {
  try {
    return lockIn(readFileSync(inFolder.lock(folder), 'utf8'));
  } catch {
    return null;
  }
}

/** Parses the text of a lock file. Returns null if it is invalid. */
export function lockIn(text: string): Lock | null {
  let content: unknown;
  try {
    // Only the first line counts: the rest of a longer entry that is being overwritten may follow.
    content = JSON.parse(text.split('\n', 1)[0] ?? '');
  } catch {
    return null;
  }
  if (!isObject(content)) return null;
  const pid = pidOf(content['pid']);
  if (pid === null) return null;
  return {
    pid,
    startTime: word(content['startTime']),
    anchor: pidOf(content['anchor']),
    anchorStartTime: word(content['anchorStartTime']),
  };
}

/**
 * Returns the kernel's state of that exact process: R S D T t Z X I (proc(5)), or null if it is gone; `?` if it lives
 * and there is no /proc. With `startTime` null, any process of that pid counts.
 */
export function processState(pid: number, startTime: string | null): string | null {
  if (process.platform !== 'linux') return exists(pid) ? '?' : null;
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return null;
  }
  // The name may contain spaces and parentheses; the last parenthesis ends it. Field 3 (state) and the others follow.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return startTime === null || fields[19] === startTime ? (fields[0] ?? null) : null;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

/** Whether that exact process lives; a zombie does not. With `startTime` null, any process of that pid counts. */
export function processAlive(pid: number, startTime: string | null): boolean {
  const state = processState(pid, startTime);
  return state !== null && state !== 'Z' && state !== 'X';
}

export const keeperAlive = (lock: Lock | null): boolean => lock !== null && processAlive(lock.pid, lock.startTime);
export const anchorAlive = (lock: Lock | null): boolean =>
  lock?.anchor != null && processAlive(lock.anchor, lock.anchorStartTime);

/** Whether the fleet in that folder has a living keeper. */
export const supervisorAlive = (folder: string): boolean => keeperAlive(readLock(folder));
