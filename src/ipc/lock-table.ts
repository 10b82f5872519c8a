/** `/proc/locks`, up to a maximum size. */
import {parseLocks, type LockLine} from './lock-lines.ts';
import {beginningOf} from './text.ts';

/**
 * About 60,000 locks. For each piece that is read, the kernel walks over all locks before it: ten times as many would
 * take it a hundred times as long, and any user may have as many.
 */
export const MOST_LOCK_BYTES = 4 * 1024 * 1024;

export interface LockTable {
  readonly lines: readonly LockLine[];
  /** The table has more lines. */
  readonly isCut: boolean;
}

export function lockTableOf(text: string): LockTable {
  const isCut = text.length >= MOST_LOCK_BYTES;
  // The last piece may end with half a line.
  return {lines: parseLocks(isCut ? text.slice(0, text.lastIndexOf('\n')) : text), isCut};
}

/** Whether one of these processes may wait for a lock: only then can it be part of a deadlock. */
export function mayWaitForLocks(root: string, isMeant: (pid: number) => boolean): boolean {
  const {lines, isCut} = lockTableOf(beginningOf(MOST_LOCK_BYTES, root, 'locks') ?? '');
  // The table does not show which process waits for a lock of an open file description.
  return isCut || lines.some(({waits, pid}) => waits && (pid === null || isMeant(pid)));
}
