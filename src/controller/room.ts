import {openFilesLimit} from '../posix/process.ts';

/** Descriptors that the controller needs for itself: state, clients, probes. */
const KEPT = 32n;

/** Whether descriptors that were just opened leave enough. The kernel gives the lowest free number: all below are taken. */
export const leavesRoom = (fds: readonly number[]): boolean =>
  BigInt(Math.max(-1, ...fds)) + KEPT < openFilesLimit().soft;
