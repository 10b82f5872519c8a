/** FIFOs, and moving their bytes inside the kernel (fifo(7), splice(2)). */
import {chownSync, closeSync, rmSync} from 'node:fs';
import {check, errno, errnoName, libc, libcAsync} from './libc.ts';
import {openPipe} from './pipe.ts';
import {onPipeThread} from './pipe-threads.ts';

const F_SETPIPE_SZ = 1031;
const SPLICE_F_MOVE = 1;
const SPLICE_F_NONBLOCK = 2;
const SEEK_END = 2;

const mkfifoC = libc<[string, number]>('int mkfifo(const char *path, unsigned int mode)');
const fcntl = libcAsync<[number, number, number]>('int fcntl(int fd, int command, long argument)');
const ioctl = libcAsync<[number, number, Buffer]>('int ioctl(int fd, unsigned long request, void *result)');
const read = libcAsync<[number, Buffer, number]>('int64_t read(int fd, void *data, size_t size)');
const close = libcAsync<[number]>('int close(int fd)');
const lseek = libc<[number, number, number]>('int64_t lseek(int fd, int64_t offset, int whence)');
const spliceC = libcAsync<[number, null, number, null, number, number]>(
  'int64_t splice(int from, void *fromOffset, int to, void *toOffset, size_t length, unsigned int flags)',
);

const tee = libcAsync<[number, number, number, number]>(
  'int64_t tee(int from, int to, size_t length, unsigned int flags)',
);
const EAGAIN = 11;

/** Creates a FIFO that only its owner may open: this user, or `owner`. Throws errors of the system calls. */
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

/** Moves a file's position to its end and returns it. splice(2) requires a file without O_APPEND. */
export const seekToEnd = (fd: number): number => check(lseek(fd, 0, SEEK_END), 'lseek');

const FIONREAD = 0x541b;

/** The number of bytes moved (0: no writer is left and the pipe is empty), or the error. */
export type Spliced = number | {readonly error: string};

/**
 * Moves the content of a pipe to a file at its position, on a thread of the pool (a slow disk blocks nothing else). The
 * kernel moves the bytes: a kill at any moment loses and duplicates none. Both descriptors must stay open until `done`.
 */
export function splice(pipe: number, file: number, bytes: number, done: (moved: Spliced) => void): void {
  onPipeThread(release =>
    spliceC([pipe, null, file, null, bytes, SPLICE_F_MOVE | SPLICE_F_NONBLOCK], moved => {
      // koffi restores an asynchronous call's errno on the thread that receives the result.
      const result = moved === -1 ? {error: errnoName(errno())} : moved;
      release();
      done(result);
    }),
  );
}

/**
 * Sets the capacity of a pipe (bytes). Calls `done` with the actual capacity, or null if the kernel refuses, as it does
 * beyond the user's share of pipe memory (pipe(7)). The descriptor must stay open until `done`.
 */
export function setPipeSize(fd: number, bytes: number, done: (size: number | null) => void): void {
  onPipeThread(release =>
    fcntl([fd, F_SETPIPE_SZ, bytes], size => {
      release();
      done(size === -1 ? null : size);
    }),
  );
}

/** Calls `done` with the number of bytes in a pipe. The descriptor must stay open until `done`. */
export function bytesInPipe(fd: number, done: (bytes: number) => void): void {
  const held = Buffer.alloc(4);
  onPipeThread(release =>
    ioctl([fd, FIONREAD, held], result => {
      release();
      done(result === 0 ? held.readInt32LE(0) : 0);
    }),
  );
}

/** Reads up to `most` bytes from a pipe; none on failure. The descriptor must stay open until `done`. */
export function readPipe(fd: number, most: number, done: (bytes: Buffer) => void): void {
  const buffer = Buffer.alloc(most);
  onPipeThread(release =>
    readOnThread(fd, buffer, count => {
      release();
      done(buffer.subarray(0, typeof count === 'number' ? count : 0));
    }),
  );
}

/**
 * Reads up to `most` bytes from a pipe without removing them, by way of another pipe (tee(2)). Calls `done` with null
 * on failure. The descriptor must stay open until `done`.
 */
export function lookIntoPipe(fd: number, most: number, done: (bytes: Buffer | null) => void): void {
  let copy: ReturnType<typeof openPipe>;
  try {
    copy = openPipe();
  } catch {
    done(null);
    return;
  }
  const [reading, writing] = copy;
  onPipeThread(release => {
    const end = (bytes: Buffer | null): void => {
      release();
      closeSync(reading);
      closeSync(writing);
      done(bytes);
    };
    tee([fd, writing, most, SPLICE_F_NONBLOCK], copied => {
      if (copied === -1) end(errno() === EAGAIN ? Buffer.alloc(0) : null);
      else if (copied === 0) end(Buffer.alloc(0));
      else {
        const buffer = Buffer.alloc(copied);
        readOnThread(reading, buffer, read => end(read === copied ? buffer : null));
      }
    });
  });
}

/**
 * Reads from a pipe, for callers that occupy one of the threads already. Calls `done` with the number of bytes (0 at
 * the end) or the error.
 */
export function readOnThread(fd: number, into: Buffer, done: (read: Spliced) => void): void {
  read([fd, into, into.length], count => done(count === -1 ? {error: errnoName(errno())} : count));
}

/** Closes a pipe that other processes write to. */
export const closePipe = (fd: number): void => onPipeThread(release => close([fd], release));

const spliceSync = libc<[number, null, number, null, number, number]>(
  'int64_t splice(int from, void *fromOffset, int to, void *toOffset, size_t length, unsigned int flags)',
);

/** Like `splice`, but on the calling thread, for a pipe and a file that are known to be quick. */
export function spliceNow(pipe: number, file: number, bytes: number): Spliced {
  const moved = spliceSync(pipe, null, file, null, bytes, SPLICE_F_NONBLOCK);
  return moved === -1 ? {error: errnoName(errno())} : moved;
}

let refusal: string | null | undefined;

/**
 * Returns the error with which splice(2) is refused altogether here (`ENOSYS`, `EPERM`), or null if it is available.
 */
export function spliceRefusal(): string | null {
  if (refusal !== undefined) return refusal;
  // If the call exists, the kernel returns EBADF for that descriptor.
  const moved = spliceNow(-1, -1, 1);
  return (refusal = typeof moved === 'number' || moved.error === 'EBADF' ? null : moved.error);
}
