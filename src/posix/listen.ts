/** Listening sockets that this process holds for workers to inherit and never accepts from (socket(2), listen(2)). */
import {closeSync, fchmodSync, readlinkSync} from 'node:fs';
import {basename} from 'node:path';
import {closeSocket} from './elsewhere.ts';
import {check, errno, errnoName, libc, libcAsync, SystemError, syscall} from './libc.ts';
import {openPidfd, pidfdRefusals} from './pidfd.ts';
import {PinnedFolder, removeOwn, removeStale, type FileId} from './stale-socket.ts';

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_ACCEPTCONN = 30;
const ENOENT = 2;
const EINVAL = 22;
const BACKLOG = 4096; // the kernel caps it at net.core.somaxconn
const SYS_PIDFD_GETFD = 438; // the same number on every architecture

const socket = libc<[number, number, number]>('int socket(int domain, int type, int protocol)');
const bind = libc<[number, Buffer, number]>('int bind(int fd, const void *address, uint32_t length)');
const bindAsync = libcAsync<[number, Buffer, number]>('int bind(int fd, const void *address, uint32_t length)');
const listen = libc<[number, number]>('int listen(int fd, int backlog)');
const setsockopt = libc<[number, number, number, Buffer, number]>(
  'int setsockopt(int fd, int level, int name, const void *value, uint32_t length)',
);
const getsockopt = libc<[number, number, number, Buffer, Buffer]>(
  'int getsockopt(int fd, int level, int name, void *value, void *length)',
);
const getsockname = libc<[number, Buffer, Buffer]>('int getsockname(int fd, void *address, void *length)');
const inetPton = libc<[number, string, Buffer]>('int inet_pton(int family, const char *text, void *address)');

const int = (value: number): Buffer => {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32LE(value);
  return buffer;
};

export const isUnixPath = (address: string): boolean => address.includes('/');

/**
 * Returns the sockaddr of `127.0.0.1:80`, `[::1]:80` or a path, or null if the host is a name other than localhost:
 * names are not resolved here.
 */
function sockaddr(address: string): Buffer | null {
  if (isUnixPath(address)) {
    const path = Buffer.from(`${address}\0`);
    return Buffer.concat([Buffer.from([AF_UNIX, 0]), path]);
  }
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  const isV6 = host.includes(':');
  const buffer = Buffer.alloc(isV6 ? 28 : 16);
  buffer.writeUInt16LE(isV6 ? AF_INET6 : AF_INET, 0);
  buffer.writeUInt16BE(Number(address.slice(colon + 1)), 2);
  const numeric = host === 'localhost' ? '127.0.0.1' : host;
  return inetPton(isV6 ? AF_INET6 : AF_INET, numeric, buffer.subarray(isV6 ? 8 : 4)) === 1 ? buffer : null;
}

/**
 * Starts to listen at a numeric address. Returns the descriptor, close-on-exec and blocking. Throws {@link SystemError}
 * (`EADDRINUSE`, `EACCES`, `EMFILE`).
 */
export function listenOn(address: string): number {
  const name = sockaddr(address);
  if (name === null) throw new SystemError('inet_pton', EINVAL, `${address}: expected a numeric address`);
  const fd = check(socket(name.readUInt16LE(0), SOCK_STREAM | SOCK_CLOEXEC, 0), 'socket');
  try {
    // Recently closed connections must not prevent the bind.
    check(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, int(1), 4), 'setsockopt');
    check(bind(fd, name, name.length), 'bind', address);
    check(listen(fd, BACKLOG), 'listen', address);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

export interface Listening {
  readonly fd: number;
  /** The file that bind(2) created. */
  readonly file: FileId;
}

/**
 * Starts to listen at a path, on threads (socket-threads.ts). Replaces a dead socket there, and leaves nothing on disk
 * if it fails. No other user may be able to change the folders on the way: the socket is bound by its path, since
 * workers and tools know it by that name.
 */
export async function listenAt(path: string): Promise<Listening> {
  const name = basename(path);
  const folder = await PinnedFolder.to(path);
  let fd: number | null = null;
  try {
    await removeStale(folder, name);
    fd = check(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), 'socket');
    // bind(2) creates the file with the mode of the socket's own inode. A umask would apply to all threads.
    fchmodSync(fd, 0o600);
    await bindTo(fd, path);
    const file = await folder.socketAt(name);
    if (file === null) throw new SystemError('bind', ENOENT, `${path}: its folder was replaced in the meantime`);
    return {fd: await listening(fd, path, file), file};
  } catch (error) {
    if (fd !== null) closeSync(fd);
    throw error;
  } finally {
    folder.close();
  }
}

const bindTo = (fd: number, path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const name = Buffer.from(`${String.fromCharCode(AF_UNIX)}\0${path}\0`);
    bindAsync([fd, name, name.length], value => {
      if (value === -1) reject(new SystemError('bind', errno(), path));
      else resolve();
    });
  });

async function listening(fd: number, path: string, file: FileId): Promise<number> {
  try {
    check(listen(fd, BACKLOG), 'listen', path);
    return fd;
  } catch (error) {
    await removeOwn(path, file);
    throw error;
  }
}

/** Whether a descriptor is a socket that listens at `address`. */
function isListeningOn(fd: number, address: string): boolean {
  const listens = int(0);
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, listens, int(4)) === -1 || listens.readInt32LE() !== 1) return false;
  const name = Buffer.alloc(128);
  const length = int(name.length);
  if (getsockname(fd, name, length) === -1) return false;
  const expected = sockaddr(address);
  return expected !== null && name.subarray(0, expected.length).equals(expected);
}

/**
 * Duplicates a listening socket that another process has as its descriptor `fd` (pidfd_getfd(2)). Returns null if the
 * descriptor is not that socket any more, or if this process lacks the permission.
 */
export function fetchListening(pid: number, pidfd: number, fd: number, address: string): number | null {
  // The number may have been reused for anything, and a fetched descriptor has to be closed again.
  if (!isSocket(`/proc/${pid}/fd/${fd}`)) return null;
  const fetched = syscall(SYS_PIDFD_GETFD, pidfd, fd, 0, 0, 0);
  if (fetched === -1) return null;
  if (isSocket(`/proc/self/fd/${fetched}`) && isListeningOn(fetched, address)) return fetched;
  closeSocket(fetched, address);
  return null;
}

/**
 * Returns the error with which the kernel refuses descriptors of other processes here (before Linux 5.6: `ENOSYS`), or
 * null if it does not.
 */
export function fetchRefusal(): string | null {
  const {open} = pidfdRefusals();
  if (open !== null) return open;
  const self = openPidfd(process.pid);
  if (self === null) return 'ESRCH';
  try {
    // A process may always fetch its own descriptors.
    const fd = syscall(SYS_PIDFD_GETFD, self, self, 0, 0, 0);
    if (fd === -1) return errnoName(errno());
    closeSync(fd);
    return null;
  } finally {
    closeSync(self);
  }
}

/** Whether a link in /proc is a socket, by the kernel's own name for it: no file system is accessed. */
function isSocket(link: string): boolean {
  try {
    return readlinkSync(link).startsWith('socket:[');
  } catch {
    return false;
  }
}
