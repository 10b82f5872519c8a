/** FIFOs, and the moving of their bytes inside the kernel (fifo(7), splice(2)). */
import {chownSync, rmSync} from 'node:fs';
import {check, errno, errnoName, libc, libcAsync} from './libc.ts';
import {onPool} from './pool.ts';

const F_SETPIPE_SZ = 1031;
const SPLICE_F_MOVE = 1;
const SPLICE_F_NONBLOCK = 2;
const SEEK_END = 2;

const mkfifoC = libc<[string, number]>('int mkfifo(const char *path, unsigned int mode)');
const fcntl = libc<[number, number, number]>('int fcntl(int fd, int command, long argument)');
const lseek = libc<[number, number, number]>('int64_t lseek(int fd, int64_t offset, int whence)');
const spliceC = libcAsync<[number, null, number, null, number, number]>(
  'int64_t splice(int from, void *fromOffset, int to, void *toOffset, size_t length, unsigned int flags)',
);

/** Makes a FIFO that its owner alone may open: this user, or whom it is given to. Throws what the kernel refuses. */
export function makeFifo(path: string, owner: {readonly uid: number; readonly gid: number} | null = null): void {
  check(mkfifoC(path, 0o600), 'mkfifo', path);
  if (owner === null) return;
  try {
    chownSync(path, owner.uid, owner.gid);
  } catch (error) {
    rmSync(path, {force: true});
    throw error;
  }
}

/** Bytes that a pipe shall hold; answers how many it can. Beyond the user's share of pipe memory the kernel refuses (pipe(7)): null. */
export function setPipeSize(fd: number, bytes: number): number | null {
  const size = fcntl(fd, F_SETPIPE_SZ, bytes);
  return size === -1 ? null : size;
}

/** Puts a file's position at its end, and says where that is. splice wants a file without O_APPEND. */
export const seekToEnd = (fd: number): number => check(lseek(fd, 0, SEEK_END), 'lseek');

const FIONREAD = 0x541b;
const ioctl = libc<[number, number, Buffer]>('int ioctl(int fd, unsigned long request, void *result)');
const held = Buffer.alloc(4);

/** How many bytes a pipe holds. */
export const bytesInPipe = (fd: number): number => (ioctl(fd, FIONREAD, held) === 0 ? held.readInt32LE(0) : 0);

/** How many bytes were moved: 0 where no writer is left and the pipe is empty; or why none was. */
export type Spliced = number | {readonly error: string};

/**
 * Moves what a pipe holds to a file at its position, on a thread of the pool (a slow disk holds up nobody else). The
 * kernel moves the bytes: a kill at any moment loses and doubles none. Both descriptors must stay open until `done`.
 */
export function splice(pipe: number, file: number, bytes: number, done: (moved: Spliced) => void): void {
  onPool(release => {
    spliceC([pipe, null, file, null, bytes, SPLICE_F_MOVE | SPLICE_F_NONBLOCK], moved => {
      // koffi gives an asynchronous call's errno back to the thread that gets its result.
      const result = moved === -1 ? {error: errnoName(errno())} : moved;
      release();
      done(result);
    });
  });
}

const spliceSync = libc<[number, null, number, null, number, number]>(
  'int64_t splice(int from, void *fromOffset, int to, void *toOffset, size_t length, unsigned int flags)',
);

/** The same on this thread, for a pipe and a file that are known to be quick. */
export function spliceNow(pipe: number, file: number, bytes: number): Spliced {
  const moved = spliceSync(pipe, null, file, null, bytes, SPLICE_F_NONBLOCK);
  return moved === -1 ? {error: errnoName(errno())} : moved;
}

let refusal: string | null | undefined;

/** The error by which splice(2) is refused here as a whole (`ENOSYS`, `EPERM`); null: it is there. */
export function spliceRefusal(): string | null {
  if (refusal !== undefined) return refusal;
  // Where the call is there, the kernel finds no descriptor of that number.
  const moved = spliceNow(-1, -1, 1);
  return (refusal = typeof moved === 'number' || moved.error === 'EBADF' ? null : moved.error);
}

const readC = libc<[number, Buffer, number]>('int64_t read(int fd, void *data, size_t size)');

/** Reads from a descriptor that does not block. Returns how many bytes came; 0 at the end; or why none came. */
export function readNow(fd: number, into: Buffer): Spliced {
  const count = readC(fd, into, into.length);
  return count === -1 ? {error: errnoName(errno())} : count;
}
