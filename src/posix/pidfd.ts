/** Process descriptors (pidfd_open(2)): a handle that can never mean another process, not even after a pid was reused. */
import {closeSync} from 'node:fs';
import {errno, errnoName, libc, syscall} from './libc.ts';
import {signalName, type SignalName} from './signals.ts';

const SYS_PIDFD_SEND_SIGNAL = 424; // the same numbers on every architecture
const SYS_PIDFD_OPEN = 434;

/** A descriptor for a process, close-on-exec by the kernel's rule; null where there is no such process. */
export function openPidfd(pid: number): number | null {
  const fd = syscall(SYS_PIDFD_OPEN, pid, 0, 0, 0, 0);
  return fd === -1 ? null : fd;
}

/** Sends a signal; the name of what went wrong (`ESRCH`: it is gone, `EPERM`: it belongs to somebody else), or null. */
export function signalPidfd(fd: number, signal: number): string | null {
  return syscall(SYS_PIDFD_SEND_SIGNAL, fd, signal, 0, 0, 0) === -1 ? errnoName(errno()) : null;
}

const PIDFD_GET_INFO = 0xc040ff0b; // of struct pidfd_info as it was at first, 64 bytes
const PIDFD_INFO_EXIT = 8n;

const ioctl = libc<[number, number, Buffer]>('int ioctl(int fd, unsigned long request, void *argument)');

/** How a process ended that was waited for; null where the kernel does not tell (before Linux 6.15). */
export function endOfPidfd(fd: number): {code: number | null; signal: SignalName | null} | null {
  const info = Buffer.alloc(64);
  info.writeBigUInt64LE(PIDFD_INFO_EXIT, 0);
  if (ioctl(fd, PIDFD_GET_INFO, info) === -1 || (info.readBigUInt64LE(0) & PIDFD_INFO_EXIT) === 0n) return null;
  const status = info.readInt32LE(60); // as of wait(2)
  const signal = status & 0x7f;
  return signal === 0 ? {code: (status >> 8) & 0xff, signal: null} : {code: null, signal: signalName(signal)};
}

/**
 * Sends a signal to a process that is known by pid and start time and by no descriptor. The descriptor is opened first
 * and the start time read after it, so a pid that was reused in between is noticed.
 */
export function signalIdentified(
  pid: number,
  startTime: string,
  signal: number,
  startTimeOf: (pid: number) => string | null,
): string | null {
  const fd = openPidfd(pid);
  if (fd === null) return 'ESRCH';
  try {
    return startTimeOf(pid) === startTime ? signalPidfd(fd, signal) : 'ESRCH';
  } finally {
    closeSync(fd);
  }
}
