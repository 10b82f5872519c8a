/** Calls by which a process changes what it is: subreaper, image, descriptors, limits. */
import {check, libc, syscall} from './libc.ts';

const PR_SET_CHILD_SUBREAPER = 36;
const SYS_CLOSE_RANGE = 436; // the same number on every architecture
const CLOSE_RANGE_CLOEXEC = 4;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const RLIMIT_NOFILE = 7; // 7 on all but alpha, mips and sparc

const prctl = libc<[number, number, number, number, number]>(
  'int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)',
);
const execve = libc<[string, (string | null)[], (string | null)[]]>(
  'int execve(const char *path, const char **argv, const char **envp)',
);
const fcntl = libc<[number, number, number]>('int fcntl(int fd, int command, long argument)');
const prlimit = libc<[number, number, Buffer | null, Buffer | null]>(
  'int prlimit(int pid, int resource, void *limit, void *old)',
);

/** Makes the caller the parent of all orphans below it (prctl(2)). Survives execve, is not inherited by fork. */
export const becomeSubreaper = (): void => void check(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 'prctl');

/** Replaces the running program; returns only by throwing. */
export function become(path: string, argv: readonly string[], env: Readonly<Record<string, string>>): never {
  const pairs = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  check(execve(path, [...argv, null], [...pairs, null]), 'execve', path);
  throw new Error(`execve ${path} came back`);
}

/**
 * Marks every descriptor from `first` on close-on-exec. Node does so only for the first run of inherited descriptors,
 * and what FFI opens is not marked at all: without this, workers inherit the keeper's epoll set and strangers' pipes.
 */
export function closeOnExecFrom(first: number): void {
  syscall(SYS_CLOSE_RANGE, first, 0xffffffff, CLOSE_RANGE_CLOEXEC, 0, 0); // before Linux 5.11: EINVAL, nothing to be done
}

/** Lets a descriptor survive the next execve. */
export const keepOnExec = (fd: number): void => void check(fcntl(fd, F_SETFD, 0), 'fcntl');
export const closeOnExec = (fd: number): void => void check(fcntl(fd, F_SETFD, FD_CLOEXEC), 'fcntl');

export interface Limit {
  readonly soft: bigint;
  readonly hard: bigint;
}

/** This process's own limit of open files. */
export function openFilesLimit(): Limit {
  const buffer = Buffer.alloc(16);
  check(prlimit(0, RLIMIT_NOFILE, null, buffer), 'prlimit');
  return {soft: buffer.readBigUInt64LE(0), hard: buffer.readBigUInt64LE(8)};
}

/** Sets this process's own limit of open files. */
export function setOpenFilesLimit(limit: Limit): void {
  const buffer = Buffer.alloc(16);
  buffer.writeBigUInt64LE(limit.soft, 0);
  buffer.writeBigUInt64LE(limit.hard, 8);
  check(prlimit(0, RLIMIT_NOFILE, buffer, null), 'prlimit');
}
