/** `/proc/locks` as a whole, or so much of it as anybody has the time for. */
import {parseLocks, type LockLine} from './lock-lines.ts';
import {beginningOf} from './text.ts';

/**
 * About 60,000 locks. The kernel walks over all that come before, for each piece that is read: ten times as many would take it a
 * hundred times as long, and anybody may have as many.
 */
export const MOST_LOCK_BYTES = 4 * 1024 * 1024;

export interface LockTable {
  readonly lines: readonly LockLine[];
  /** There are more. */
  readonly isCut: boolean;
}

export function lockTableOf(text: string): LockTable {
  const isCut = text.length >= MOST_LOCK_BYTES;
  // What the last piece ends with may be half a line.
  return {lines: parseLocks(isCut ? text.slice(0, text.lastIndexOf('\n')) : text), isCut};
}

/** Whether one of these processes may wait for a lock: only then can it be part of a deadlock. */
export function mayWaitForLocks(root: string, isMeant: (pid: number) => boolean): boolean {
  const {lines, isCut} = lockTableOf(beginningOf(MOST_LOCK_BYTES, root, 'locks') ?? '');
  // Who waits for a lock of an open file description is not told there.
  return isCut || lines.some(({waits, pid}) => waits && (pid === null || isMeant(pid)));
}
