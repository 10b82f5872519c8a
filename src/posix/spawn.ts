/**
 * posix_spawn(3). libuv forks: the kernel copies the page tables of the caller, and every page that the caller touches
 * afterwards; posix_spawn shares its memory until the program is there, which takes a third of the time
 * (docs/decisions/0023-spawning.md). The child is the caller's to wait for.
 */
import {closeSync, constants, openSync} from 'node:fs';
import {check, libc, SystemError} from './libc.ts';

const POSIX_SPAWN_SETSIGDEF = 0x04;
const POSIX_SPAWN_SETSIGMASK = 0x08;
const POSIX_SPAWN_SETSID = 0x80;
const F_DUPFD_CLOEXEC = 1030;
const O_PATH = 0o10000000; // the same number on every architecture but alpha, parisc and sparc

const attrInit = libc<[Buffer]>('int posix_spawnattr_init(void *attr)');
const attrSetFlags = libc<[Buffer, number]>('int posix_spawnattr_setflags(void *attr, short flags)');
const attrSetDefault = libc<[Buffer, Buffer]>('int posix_spawnattr_setsigdefault(void *attr, const void *set)');
const attrSetMask = libc<[Buffer, Buffer]>('int posix_spawnattr_setsigmask(void *attr, const void *set)');
const fillSet = libc<[Buffer]>('int sigfillset(void *set)');
const actionsInit = libc<[Buffer]>('int posix_spawn_file_actions_init(void *actions)');
const actionsDestroy = libc<[Buffer]>('int posix_spawn_file_actions_destroy(void *actions)');
const addDup2 = libc<[Buffer, number, number]>('int posix_spawn_file_actions_adddup2(void *actions, int from, int to)');
const posixSpawn = libc<[Buffer, string, Buffer, Buffer, (string | null)[], (string | null)[]]>(
  'int posix_spawn(void *pid, const char *path, void *actions, void *attr, const char **argv, const char **envp)',
);
const fcntl = libc<[number, number, number]>('int fcntl(int fd, int command, long argument)');
const chdir = libc<[string]>('int chdir(const char *path)');
const fchdir = libc<[number]>('int fchdir(int fd)');

// glibc and musl need 336 and 80 bytes of these, and 128 for a set of signals.
const SIZE = 1024;
const actions = Buffer.alloc(SIZE);
const pid = Buffer.alloc(4);
let attributes: Buffer | undefined;
/** Leads back to this process's own working directory. */
let home: number | undefined;

/** A session of its own, an empty signal mask, and no signal ignored that this process ignores. */
function cleanStart(): Buffer {
  if (attributes) return attributes;
  const attr = Buffer.alloc(SIZE);
  const none = Buffer.alloc(SIZE);
  const all = Buffer.alloc(SIZE);
  attrInit(attr);
  fillSet(all);
  attrSetDefault(attr, all);
  attrSetMask(attr, none);
  attrSetFlags(attr, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  return (attributes = attr);
}

export interface Program {
  /** A path; nothing is searched for. */
  readonly file: string;
  readonly argv: readonly string[];
  /** `NAME=value`. */
  readonly env: readonly string[];
  readonly cwd: string;
  /** What its descriptors from 0 on are to be. */
  readonly fds: readonly number[];
}

/** Descriptors at or above `least`, in place of those below it. */
function above(fds: readonly number[], least: number, opened: number[]): number[] {
  return fds.map(fd => {
    if (fd >= least) return fd;
    const copy = check(fcntl(fd, F_DUPFD_CLOEXEC, least), 'fcntl');
    opened.push(copy);
    return copy;
  });
}

/**
 * Starts a program as the leader of a session of its own, with every signal as by default. Answers its pid. Other
 * descriptors of the caller that are not close-on-exec reach it, too.
 *
 * @throws {@link SystemError} what chdir(2), fork(2) and execve(2) refuse.
 */
export function spawnProgram({file, argv, env, cwd, fds}: Program): number {
  const opened: number[] = [];
  home ??= openSync('.', O_PATH | constants.O_DIRECTORY);
  // posix_spawn_file_actions_addchdir_np came with glibc 2.29, and would not tell a missing folder from a missing program.
  check(chdir(cwd), 'chdir', cwd);
  check(actionsInit(actions), 'posix_spawn_file_actions_init');
  try {
    // One that lies where another is to be would be overwritten before it is taken.
    above(fds, fds.length, opened).forEach((from, to) => addDup2(actions, from, to));
    // It answers the error itself, and leaves errno alone.
    const error = posixSpawn(pid, file, actions, cleanStart(), [...argv, null], [...env, null]);
    if (error !== 0) throw new SystemError('posix_spawn', error, file);
    return pid.readInt32LE(0);
  } finally {
    actionsDestroy(actions);
    for (const fd of opened) closeSync(fd);
    check(fchdir(home), 'fchdir');
  }
}
