/** Descriptors: what workers need must leave enough for the keeper itself, which without any could not even end them. */
import {statSync} from 'node:fs';
import {openFilesLimit} from '../../posix/process.ts';

/** For reading /proc, spawn records, signals by pidfd, and a new controller. */
const KEPT = 16;

/** Too few descriptors are left, as the kernel would say it of none. */
export class NoRoomError extends Error {
  readonly code = 'EMFILE';
  constructor() {
    super('too few descriptors are left');
    this.name = 'NoRoomError';
  }
}

/** How many are open: the size of that folder (since Linux 6.2); 0 where the kernel does not tell. */
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
 * @throws NoRoomError where they leave too few. The kernel gives the lowest free number, so all below are taken; some above
 * may be, too, and who ended has left gaps below them.
 */
export function mustLeaveRoom(fds: readonly number[]): void {
  const taken = Math.max(openCount(), ...fds.map(fd => fd + 1));
  if (BigInt(taken + KEPT) > openFilesLimit().soft) throw new NoRoomError();
}
