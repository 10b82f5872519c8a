/** Descriptors: what workers need must leave enough for the keeper itself, which without any could not even end them. */
import {openFilesLimit} from '../posix/process.ts';

/** For reading /proc, spawn records, signals by pidfd, and a new controller. */
const KEPT = 16n;

/** Too few descriptors are left, as the kernel would say it of none. */
export class NoRoomError extends Error {
  readonly code = 'EMFILE';
  constructor() {
    super('too few descriptors are left');
    this.name = 'NoRoomError';
  }
}

/**
 * Checks descriptors that were just opened.
 *
 * @throws NoRoomError where they leave too few. The kernel gives the lowest free number: all below are taken.
 */
export function mustLeaveRoom(fds: readonly number[]): void {
  if (BigInt(Math.max(...fds)) + KEPT >= openFilesLimit().soft) throw new NoRoomError();
}
