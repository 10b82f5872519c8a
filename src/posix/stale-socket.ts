/**
 * Unix socket files whose owner is gone, and how to tell them from living ones. All is done through a descriptor of the
 * folder: whoever may rename folders above it leads none of these steps elsewhere.
 */
import {randomBytes} from 'node:crypto';
import {closeSync, constants, lstatSync, openSync, renameSync, type BigIntStats} from 'node:fs';
import {basename, dirname} from 'node:path';
import {check, errno, errnoName, libc} from './libc.ts';
import {removeFile} from './remove.ts';

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const O_PATH = 0o10000000; // the same number on every architecture but alpha, parisc and sparc

const socket = libc<[number, number, number]>('int socket(int domain, int type, int protocol)');
const connect = libc<[number, Buffer, number]>('int connect(int fd, const void *address, uint32_t length)');

/** The identity of a file. */
export interface FileId {
  readonly dev: bigint;
  readonly ino: bigint;
}

const isSame = (a: FileId, b: FileId): boolean => a.dev === b.dev && a.ino === b.ino;

/** A folder that stays the same one, whatever becomes of its name. To be closed. */
export class PinnedFolder {
  readonly #fd: number;

  /** That of a file. Throws what the kernel refuses. */
  constructor(path: string) {
    this.#fd = openSync(dirname(path), O_PATH | constants.O_DIRECTORY);
  }

  /** The path of a file in it. */
  of(name: string): string {
    return `/proc/self/fd/${this.#fd}/${name}`;
  }

  /** Which file a name in it is, if that is a socket. */
  socketAt(name: string): FileId | null {
    return socketAt(this.of(name));
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function socketAt(path: string): BigIntStats | null {
  const is = lstatSync(path, {throwIfNoEntry: false, bigint: true});
  return is?.isSocket() === true ? is : null;
}

/**
 * Whether no socket belongs to that file any more. A full backlog (EAGAIN), a socket of another type (EPROTOTYPE) and a
 * refusal for want of rights (EACCES) are signs of life; without O_NONBLOCK, the first of them waits for ever.
 */
function isDead(path: string): boolean {
  const name = Buffer.from(`\x01\0${path}\0`);
  const fd = check(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), 'socket');
  try {
    return connect(fd, name, name.length) === -1 && errnoName(errno()) === 'ECONNREFUSED';
  } finally {
    closeSync(fd);
  }
}

/** Removes a file that is still the one that was looked at: put aside first, where nobody expects anything. */
function removeKnown(folder: PinnedFolder, name: string, known: FileId): void {
  const path = folder.of(name);
  const aside = folder.of(`.${randomBytes(8).toString('hex')}.stale`);
  renameSync(path, aside);
  const is = socketAt(aside);
  if (is !== null && isSame(is, known) && isDead(aside)) removeFile(aside);
  // Somebody has put another one there in between.
  else renameSync(aside, path);
}

/** Removes a socket file whose owner is gone; everything else that may lie there stays. */
export function removeStale(folder: PinnedFolder, name: string): void {
  const is = folder.socketAt(name);
  if (is !== null && isDead(folder.of(name))) removeKnown(folder, name, is);
}

/**
 * Removes the file of a socket that this process has just closed. It is removed though a worker may listen there still,
 * but only if it is the file that was made for that socket; where that is not known, only if nobody listens there.
 */
export function removeOwn(path: string, own: FileId | null): void {
  let folder: PinnedFolder | null = null;
  try {
    folder = new PinnedFolder(path);
    const name = basename(path);
    const is = folder.socketAt(name);
    if (is !== null && (own === null ? isDead(folder.of(name)) : isSame(is, own))) removeFile(folder.of(name));
  } catch {
    // The folder is gone, or takes no change: whoever binds there next finds a stale file.
  } finally {
    folder?.close();
  }
}
