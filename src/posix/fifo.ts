/** FIFOs, and the moving of their bytes inside the kernel (fifo(7), splice(2)). */
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

/** Puts a file's position at its end, and says where that is. splice wants a file without O_APPEND. */
export const seekToEnd = (fd: number): number => check(lseek(fd, 0, SEEK_END), 'lseek');

const FIONREAD = 0x541b;

/** How many bytes were moved: 0 where no writer is left and the pipe is empty; or why none was. */
export type Spliced = number | {readonly error: string};

/**
 * Moves what a pipe holds to a file at its position, on a thread of the pool (a slow disk holds up nobody else). The
 * kernel moves the bytes: a kill at any moment loses and doubles none. Both descriptors must stay open until `done`.
 */
export function splice(pipe: number, file: number, bytes: number, done: (moved: Spliced) => void): void {
  onPipeThread(release =>
    spliceC([pipe, null, file, null, bytes, SPLICE_F_MOVE | SPLICE_F_NONBLOCK], moved => {
      // koffi gives an asynchronous call's errno back to the thread that gets its result.
      const result = moved === -1 ? {error: errnoName(errno())} : moved;
      release();
      done(result);
    }),
  );
}

/**
 * Bytes that a pipe shall hold; gives how many it can. Beyond the user's share of pipe memory the kernel refuses
 * (pipe(7)): null. It must stay open until `done`.
 */
export function setPipeSize(fd: number, bytes: number, done: (size: number | null) => void): void {
  onPipeThread(release =>
    fcntl([fd, F_SETPIPE_SZ, bytes], size => {
      release();
      done(size === -1 ? null : size);
    }),
  );
}

/** Gives how many bytes a pipe holds. It must stay open until `done`. */
export function bytesInPipe(fd: number, done: (bytes: number) => void): void {
  const held = Buffer.alloc(4);
  onPipeThread(release =>
    ioctl([fd, FIONREAD, held], result => {
      release();
      done(result === 0 ? held.readInt32LE(0) : 0);
    }),
  );
}

/** Reads what a pipe holds, up to so many bytes; none where that fails. It must stay open until `done`. */
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
 * What a pipe holds, up to so many bytes, without taking it out (tee(2)): by way of another pipe. Null where that can't be had.
 * It must stay open until `done`.
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

/** The same for who has one of the threads: gives how many bytes came, 0 at the end, or why none came. */
export function readOnThread(fd: number, into: Buffer, done: (read: Spliced) => void): void {
  read([fd, into, into.length], count => done(count === -1 ? {error: errnoName(errno())} : count));
}

/** Closes a pipe that others write to. */
export const closePipe = (fd: number): void => onPipeThread(release => close([fd], release));

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
