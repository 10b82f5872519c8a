/** A reserve of descriptors for the keeper itself, which could not even end workers without any. */
import {statSync} from 'node:fs';
import {openFilesLimit} from '../../posix/process.ts';

/** For reading /proc, spawn records, signals by pidfd, and a new controller. */
const KEPT = 16;

/** Thrown if too few descriptors are left, with the kernel's error code for none. */
export class NoRoomError extends Error {
  readonly code = 'EMFILE';
  constructor() {
    super('too few descriptors are left');
    this.name = 'NoRoomError';
  }
}

/**
 * Returns the number of open descriptors: the size of that folder (since Linux 6.2), 0 if the kernel does not report
 * it.
 */
function openCount(): number {
  try {
    return statSync('/proc/self/fd').size;
  } catch {
    return 0;
  }
}

/**
 * Checks descriptors that were just opened.
 *
 * @throws NoRoomError if they leave too few. The kernel assigns the lowest free number, so all lower ones are taken;
 * some higher ones may be taken too, with gaps below them where descriptors were closed.
 */
export function mustLeaveRoom(fds: readonly number[]): void {
  const taken = Math.max(openCount(), ...fds.map(fd => fd + 1));
  if (BigInt(taken + KEPT) > openFilesLimit().soft) throw new NoRoomError();
}
