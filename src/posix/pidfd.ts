/**
 * Process descriptors (pidfd_open(2)): handles that never refer to another process, not even after a pid was reused.
 * Kernels before Linux 5.3 have none, and some container profiles refuse them. Without them a process is identified by
 * its start time, compared right before kill(2); between the two the pid may be reused.
 */
import {errorCode} from '../base/errors.ts';
import {closeSync} from 'node:fs';
import {killPid} from './kill.ts';
import {errno, errnoName, libc, syscall, SystemError} from './libc.ts';
import {endOfStatus, type End} from './wait.ts';

const SYS_PIDFD_SEND_SIGNAL = 424; // the same numbers on every architecture
const SYS_PIDFD_OPEN = 434;

/**
 * Returns a descriptor for a process, close-on-exec by the kernel's rule, or null if there is no such process.
 *
 * @throws SystemError for anything else (`EMFILE`, `ENFILE`, `ENOMEM`), which proves nothing about the process.
 */
export function openPidfd(pid: number): number | null {
  const fd = syscall(SYS_PIDFD_OPEN, pid, 0, 0, 0, 0);
  if (fd !== -1) return fd;
  const number = errno();
  if (errnoName(number) === 'ESRCH') return null;
  throw new SystemError('pidfd_open', number, String(pid));
}

/** The error with which each call is refused here, or null if it works. */
export interface PidfdRefusals {
  /** Of pidfd_open(2). */
  readonly open: string | null;
  /** Of pidfd_send_signal(2). */
  readonly send: string | null;
}

const SHORTAGES = new Set(['EMFILE', 'ENFILE', 'ENOMEM']);
let refusals: PidfdRefusals | undefined;

/** Tries both calls on this process itself, once: a refusal lasts as long as the process. */
export function pidfdRefusals(): PidfdRefusals {
  if (refusals) return refusals;
  const fd = syscall(SYS_PIDFD_OPEN, process.pid, 0, 0, 0, 0);
  if (fd === -1) {
    const code = errnoName(errno());
    // A shortage proves nothing about the call, and may be over at the next try.
    if (SHORTAGES.has(code)) return {open: null, send: null};
    return (refusals = {open: code, send: code});
  }
  refusals = {open: null, send: signalPidfd(fd, 0)};
  closeSync(fd);
  return refusals;
}

/** Sends a signal. Returns the error (`ESRCH`: the process is gone, `EPERM`: it belongs to another user), or null. */
export function signalPidfd(fd: number, signal: number): string | null {
  return syscall(SYS_PIDFD_SEND_SIGNAL, fd, signal, 0, 0, 0) === -1 ? errnoName(errno()) : null;
}

const PIDFD_GET_INFO = 0xc040ff0b; // with the first version of struct pidfd_info, 64 bytes
const PIDFD_INFO_EXIT = 8n;

const ENOTTY = 'ENOTTY';

/**
 * Returns the error with which the kernel refuses exit statuses to processes other than the parent, or null if it
 * reports them.
 */
export function pidfdInfoRefusal(release: string): string | null {
  const {open} = pidfdRefusals();
  if (open !== null) return open;
  const [major = 0, minor = 0] = release.split('.').map(part => parseInt(part, 10));
  // The call exists since 6.13, the exit status since 6.15.
  if (major < 6 || (major === 6 && minor < 15)) return ENOTTY;
  const fd = openPidfd(process.pid);
  if (fd === null) return ENOTTY;
  const info = Buffer.alloc(64);
  const code = ioctl(fd, PIDFD_GET_INFO, info) === -1 ? errnoName(errno()) : null;
  closeSync(fd);
  return code;
}

const ioctl = libc<[number, number, Buffer]>('int ioctl(int fd, unsigned long request, void *argument)');

/**
 * Returns how a process ended once any process has waited for it; null before that, and before Linux 6.15, which does
 * not report it.
 */
export function endOfPidfd(fd: number): End | null {
  const info = Buffer.alloc(64);
  info.writeBigUInt64LE(PIDFD_INFO_EXIT, 0);
  if (ioctl(fd, PIDFD_GET_INFO, info) === -1 || (info.readBigUInt64LE(0) & PIDFD_INFO_EXIT) === 0n) return null;
  return endOfStatus(info.readInt32LE(60));
}

/**
 * Returns a descriptor for a process that is identified by pid and start time, or null if it is gone. The descriptor is
 * opened first and the start time read after it, so reuse of the pid in between is detected.
 *
 * @throws SystemError as {@link openPidfd} does, and errors of `startTimeOf`.
 */
export function openIdentified(
  pid: number,
  startTime: string,
  startTimeOf: (pid: number) => string | null,
): number | null {
  const fd = openPidfd(pid);
  if (fd === null) return null;
  let same = false;
  try {
    same = startTimeOf(pid) === startTime;
  } finally {
    if (!same) closeSync(fd);
  }
  return same ? fd : null;
}

/** Compares the start time, then sends the signal at once. */
function signalByStartTime(
  pid: number,
  startTime: string,
  signal: number,
  startTimeOf: (pid: number) => string | null,
): string | null {
  return startTimeOf(pid) === startTime ? killPid(pid, signal) : 'ESRCH';
}

/**
 * Sends a signal to a process that is identified by pid and start time, without a descriptor. Returns the error, or
 * null.
 */
export function signalIdentified(
  pid: number,
  startTime: string,
  signal: number,
  startTimeOf: (pid: number) => string | null,
): string | null {
  let fd: number | null = null;
  try {
    if (pidfdRefusals().send !== null) return signalByStartTime(pid, startTime, signal, startTimeOf);
    fd = openIdentified(pid, startTime, startTimeOf);
    return fd === null ? 'ESRCH' : signalPidfd(fd, signal);
  } catch (error) {
    return errorCode(error);
  } finally {
    if (fd !== null) closeSync(fd);
  }
}
