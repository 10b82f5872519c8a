/**
 * posix_spawn(3). libuv forks: the kernel copies the page tables of the caller, and every page that the caller touches
 * afterwards; posix_spawn shares the caller's memory until execve(2), which takes a third of the time
 * (docs/decisions/0023-spawning.md). The caller must wait for the child.
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
const actionsInit = libc<[Buffer]>('int posix_spawn_file_actions_init(void *actions)');
const actionsDestroy = libc<[Buffer]>('int posix_spawn_file_actions_destroy(void *actions)');
const addDup2 = libc<[Buffer, number, number]>('int posix_spawn_file_actions_adddup2(void *actions, int from, int to)');
const posixSpawn = libc<[Buffer, string, Buffer, Buffer, (string | null)[], (string | null)[]]>(
  'int posix_spawn(void *pid, const char *path, void *actions, void *attr, const char **argv, const char **envp)',
);
const fcntl = libc<[number, number, number]>('int fcntl(int fd, int command, long argument)');
const chdir = libc<[string]>('int chdir(const char *path)');
const fchdir = libc<[number]>('int fchdir(int fd)');

// glibc and musl need 336 bytes for the attributes, 80 for the file actions, and 128 for a set of signals.
const SIZE = 1024;
// Buffers that libc and the kernel get by address live as long as this module: no attributes and no list of actions can
// be collected between the call that fills them and the call that reads them. koffi copies `argv` and `envp` for the
// duration of a call, and posix_spawn returns after the child's execve(2), which copies them.
const actions = Buffer.alloc(SIZE);
const pid = Buffer.alloc(4);
const attributes = Buffer.alloc(SIZE);
const noSignal = Buffer.alloc(SIZE);
/**
 * Every bit is set by hand. sigfillset(3) and sigaddset(3) leave out the signals that libc reserves (32 and 33 in
 * glibc, 34 too in musl), and posix_spawn sets each of them that is missing from this set to SIG_IGN.
 */
const everySignal = Buffer.alloc(SIZE, 0xff);
let isPrepared = false;
/** Descriptor of this process's own working directory, for the return to it. */
let home: number | undefined;

/** Throws a returned error: posix_spawn and its relatives return the error and leave errno alone. */
function checkReturned(error: number, call: string, detail?: string): void {
  if (error !== 0) throw new SystemError(call, error, detail);
}

/** Returns the attributes: a session of its own, an empty signal mask, and every signal with its default action. */
function cleanStart(): Buffer {
  if (isPrepared) return attributes;
  checkReturned(attrInit(attributes), 'posix_spawnattr_init');
  checkReturned(attrSetDefault(attributes, everySignal), 'posix_spawnattr_setsigdefault');
  checkReturned(attrSetMask(attributes, noSignal), 'posix_spawnattr_setsigmask');
  const flags = POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
  checkReturned(attrSetFlags(attributes, flags), 'posix_spawnattr_setflags');
  isPrepared = true;
  return attributes;
}

export interface Program {
  /** A path; PATH is not searched. */
  readonly file: string;
  readonly argv: readonly string[];
  /** `NAME=value`. */
  readonly env: readonly string[];
  readonly cwd: string;
  /** The program's descriptors from 0 on. */
  readonly fds: readonly number[];
}

/** Replaces descriptors below `least` with duplicates at or above it, which are added to `opened`. */
function above(fds: readonly number[], least: number, opened: number[]): number[] {
  return fds.map(fd => {
    if (fd >= least) return fd;
    const copy = check(fcntl(fd, F_DUPFD_CLOEXEC, least), 'fcntl');
    opened.push(copy);
    return copy;
  });
}

/**
 * Starts a program as the leader of a session of its own, with the default action for every signal. Returns its pid.
 * The program also inherits other descriptors of the caller that are not close-on-exec.
 *
 * @throws {@link SystemError} for errors of chdir(2), fork(2) and execve(2).
 */
export function spawnProgram({file, argv, env, cwd, fds}: Program): number {
  const opened: number[] = [];
  home ??= openSync('.', O_PATH | constants.O_DIRECTORY);
  // posix_spawn_file_actions_addchdir_np came with glibc 2.29, and its error does not distinguish a missing folder from
  // a missing program.
  check(chdir(cwd), 'chdir', cwd);
  checkReturned(actionsInit(actions), 'posix_spawn_file_actions_init');
  try {
    // A source within the range of the targets could be overwritten before it is duplicated.
    above(fds, fds.length, opened).forEach((from, to) => {
      checkReturned(addDup2(actions, from, to), 'posix_spawn_file_actions_adddup2');
    });
    checkReturned(posixSpawn(pid, file, actions, cleanStart(), [...argv, null], [...env, null]), 'posix_spawn', file);
    return pid.readInt32LE(0);
  } finally {
    actionsDestroy(actions);
    for (const fd of opened) closeSync(fd);
    check(fchdir(home), 'fchdir');
  }
}
