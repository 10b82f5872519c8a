/**
 * Unix socket files whose owner is gone: their detection and removal. All calls go through a descriptor of the folder,
 * on threads: any process that can read a folder may hold its lock.
 */
import {hasCode} from '../base/errors.ts';
import {randomBytes} from 'node:crypto';
import {closeSync, constants, open, type BigIntStats} from 'node:fs';
import {lstat, rename, unlink} from 'node:fs/promises';
import {basename, dirname} from 'node:path';
import {check, errno, errnoName, libc, libcAsync} from './libc.ts';

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const O_PATH = 0o10000000; // the same number on every architecture but alpha, parisc and sparc

const socket = libc<[number, number, number]>('int socket(int domain, int type, int protocol)');
const connect = libcAsync<[number, Buffer, number]>('int connect(int fd, const void *address, uint32_t length)');

/** The identity of a file. */
export interface FileId {
  readonly dev: bigint;
  readonly ino: bigint;
}

export const isSameFile = (a: FileId, b: FileId): boolean => a.dev === b.dev && a.ino === b.ino;

/** A folder that stays the same one, whatever becomes of its name. Must be closed. */
export class PinnedFolder {
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** Opens the folder of a file. Rejects with errors of open(2). */
  static to(path: string): Promise<PinnedFolder> {
    return new Promise((resolve, reject) => {
      open(dirname(path), O_PATH | constants.O_DIRECTORY, (error, fd) => {
        if (error) reject(error);
        else resolve(new PinnedFolder(fd));
      });
    });
  }

  /** Returns the path of a file in the folder. */
  of(name: string): string {
    return `/proc/self/fd/${this.#fd}/${name}`;
  }

  /** Returns the file of that name in the folder if it is a socket, else null. */
  socketAt(name: string): Promise<FileId | null> {
    return socketAt(this.of(name));
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** Returns the status of the file at a path, or null if there is none. */
export async function fileAt(path: string): Promise<BigIntStats | null> {
  try {
    return await lstat(path, {bigint: true});
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}

async function socketAt(path: string): Promise<BigIntStats | null> {
  const is = await fileAt(path);
  return is?.isSocket() === true ? is : null;
}

/**
 * Whether no socket is bound to that file any more. A full backlog (EAGAIN), a socket of another type (EPROTOTYPE) and
 * a lack of permission (EACCES) are signs of life; without O_NONBLOCK, connect(2) blocks for ever on a full backlog.
 */
export async function isDeadSocket(path: string): Promise<boolean> {
  const name = Buffer.from(`\x01\0${path}\0`);
  const fd = check(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), 'socket');
  try {
    return await new Promise<boolean>(resolve => {
      connect([fd, name, name.length], value => resolve(value === -1 && errnoName(errno()) === 'ECONNREFUSED'));
    });
  } finally {
    closeSync(fd);
  }
}

/** Removes a file if it is still the `known` one: renames it first, to a name that nothing else uses. */
async function removeKnown(folder: PinnedFolder, name: string, known: FileId): Promise<void> {
  const path = folder.of(name);
  const aside = folder.of(`.${randomBytes(8).toString('hex')}.stale`);
  await rename(path, aside);
  const is = await socketAt(aside);
  if (is !== null && isSameFile(is, known) && (await isDeadSocket(aside))) await unlink(aside);
  // Another socket was bound there in between.
  else await rename(aside, path);
}

/** Removes a socket file whose owner is gone, and leaves anything else in place. */
export async function removeStale(folder: PinnedFolder, name: string): Promise<void> {
  const is = await folder.socketAt(name);
  if (is !== null && (await isDeadSocket(folder.of(name)))) await removeKnown(folder, name, is);
}

/**
 * Removes the file of a socket that this process has just closed, even if a worker still listens there, but only if the
 * file is the one created for that socket. If that is unknown (`own` is null), removes it only if no socket listens
 * there.
 */
export async function removeOwn(path: string, own: FileId | null): Promise<void> {
  let folder: PinnedFolder | null = null;
  try {
    folder = await PinnedFolder.to(path);
    const name = basename(path);
    const is = await folder.socketAt(name);
    if (is === null) return;
    if (own === null ? await isDeadSocket(folder.of(name)) : isSameFile(is, own)) await unlink(folder.of(name));
  } catch {
    // The folder is gone or can't be changed: the next process that binds there finds a stale file.
  } finally {
    folder?.close();
  }
}
