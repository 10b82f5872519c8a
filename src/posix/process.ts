/** Calls that change what a process is: subreaper, image, descriptors, limits. */
import {readdirSync} from 'node:fs';
import {check, errno, errnoName, libc, syscall} from './libc.ts';

const PR_SET_CHILD_SUBREAPER = 36;
const PR_GET_CHILD_SUBREAPER = 37;
const SYS_CLOSE_RANGE = 436; // the same number on every architecture
const CLOSE_RANGE_CLOEXEC = 4;
const F_GETFD = 1;
const F_GETFL = 3;
const O_ACCMODE = 3;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const RLIMIT_NOFILE = 7; // 7 on all but alpha, mips and sparc

const prctl = libc<[number, number, number, number, number]>(
  'int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)',
);
const prctlGet = libc<[number, Buffer, number, number, number]>(
  'int prctl(int option, void *a, unsigned long b, unsigned long c, unsigned long d)',
);
const execve = libc<[string, (string | null)[], (string | null)[]]>(
  'int execve(const char *path, const char **argv, const char **envp)',
);
const fcntl = libc<[number, number, number]>('int fcntl(int fd, int command, long argument)');
const prlimit = libc<[number, number, Buffer | null, Buffer | null]>(
  'int prlimit(int pid, int resource, void *limit, void *old)',
);

/**
 * Makes the caller the parent of all orphans below it (prctl(2), Linux 3.4). Survives execve, is not inherited by fork.
 * If the call is refused, orphans go to a process further up; {@link subreaperRefusal} returns the error.
 */
export const becomeSubreaper = (): void => void prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);

/** Returns why this process is not the parent of the orphans below it, or null if it is. */
export function subreaperRefusal(): string | null {
  // Process 1 always is.
  if (process.pid === 1) return null;
  const flag = Buffer.alloc(4);
  if (prctlGet(PR_GET_CHILD_SUBREAPER, flag, 0, 0, 0) === -1) return errnoName(errno());
  return flag.readInt32LE(0) === 0 ? 'EPERM' : null;
}

const exitC = libc<[number]>('void _exit(int status)');

/** Ends the process without waiting for threads of the pool: one of them may be blocked for ever. */
export const exitAtOnce = (status: number): void => void exitC(status);

/** Returns how a descriptor was opened: O_RDONLY, O_WRONLY or O_RDWR. */
export const accessOf = (fd: number): number => check(fcntl(fd, F_GETFL, 0), 'fcntl') & O_ACCMODE;

/** Replaces the running program; returns only by throwing. */
export function become(path: string, argv: readonly string[], env: Readonly<Record<string, string>>): never {
  const pairs = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  check(execve(path, [...argv, null], [...pairs, null]), 'execve', path);
  throw new Error(`execve ${path} returned`);
}

/**
 * Marks every descriptor from `first` on close-on-exec. Node does so only for the first run of inherited descriptors,
 * and descriptors opened by FFI are not marked at all: workers would inherit the keeper's epoll set and foreign pipes.
 */
export function closeOnExecFrom(first: number): void {
  // EINVAL before Linux 5.11, ENOSYS before 5.9; EPERM or ENOSYS in a sandbox that does not list the call.
  if (syscall(SYS_CLOSE_RANGE, first, 0xffffffff, CLOSE_RANGE_CLOEXEC, 0, 0) === 0) return;
  for (const fd of openFrom(first)) {
    const flags = fcntl(fd, F_GETFD, 0);
    if (flags !== -1) fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
  }
}

/**
 * The limit of open files does not reveal the highest open descriptor; a search beyond this number would take seconds.
 */
const HIGHEST_FD = 1 << 20;

/** Yields the open descriptors from `first` on; without /proc, every number that may be open. */
function* openFrom(first: number): Iterable<number> {
  let names: string[];
  try {
    names = readdirSync('/proc/self/fd');
  } catch {
    const {soft} = openFilesLimit();
    const end = soft < HIGHEST_FD ? Number(soft) : HIGHEST_FD;
    for (let fd = first; fd < end; fd++) yield fd;
    return;
  }
  for (const name of names) if (Number(name) >= first) yield Number(name);
}

/** Lets a descriptor survive the next execve. */
export const keepOnExec = (fd: number): void => void check(fcntl(fd, F_SETFD, 0), 'fcntl');
export const closeOnExec = (fd: number): void => void check(fcntl(fd, F_SETFD, FD_CLOEXEC), 'fcntl');

export interface Limit {
  readonly soft: bigint;
  readonly hard: bigint;
}

/** Returns this process's own limit of open files. */
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
