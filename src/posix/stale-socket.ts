/**
 * Unix socket files whose owner is gone, and how to tell them from living ones. All is done through a descriptor of the
 * folder, and on threads: a folder's lock may be held by whoever may read it.
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

/** A folder that stays the same one, whatever becomes of its name. To be closed. */
export class PinnedFolder {
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** That of a file. Rejects with what the kernel refuses. */
  static to(path: string): Promise<PinnedFolder> {
    return new Promise((resolve, reject) => {
      open(dirname(path), O_PATH | constants.O_DIRECTORY, (error, fd) => {
        if (error) reject(error);
        else resolve(new PinnedFolder(fd));
      });
    });
  }

  /** The path of a file in it. */
  of(name: string): string {
    return `/proc/self/fd/${this.#fd}/${name}`;
  }

  /** Which file a name in it is, if that is a socket. */
  socketAt(name: string): Promise<FileId | null> {
    return socketAt(this.of(name));
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** What lies at a path; null: nothing. */
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
 * Whether no socket belongs to that file any more. A full backlog (EAGAIN), a socket of another type (EPROTOTYPE) and a
 * refusal for want of rights (EACCES) are signs of life; without O_NONBLOCK, the first of them waits for ever.
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

/** Removes a file that is still the one that was looked at: put aside first, where nobody expects anything. */
async function removeKnown(folder: PinnedFolder, name: string, known: FileId): Promise<void> {
  const path = folder.of(name);
  const aside = folder.of(`.${randomBytes(8).toString('hex')}.stale`);
  await rename(path, aside);
  const is = await socketAt(aside);
  if (is !== null && isSameFile(is, known) && (await isDeadSocket(aside))) await unlink(aside);
  // Somebody has put another one there in between.
  else await rename(aside, path);
}

/** Removes a socket file whose owner is gone; everything else that may lie there stays. */
export async function removeStale(folder: PinnedFolder, name: string): Promise<void> {
  const is = await folder.socketAt(name);
  if (is !== null && (await isDeadSocket(folder.of(name)))) await removeKnown(folder, name, is);
}

/**
 * Removes the file of a socket that this process has just closed. It is removed though a worker may listen there still,
 * but only if it is the file that was made for that socket; where that is not known, only if nobody listens there.
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
    // The folder is gone, or takes no change: whoever binds there next finds a stale file.
  } finally {
    folder?.close();
  }
}
