/**
 * Calls that other processes can block for as long as they like: closing descriptors that they have passed (a TCP
 * connection with SO_LINGER whose peer reads nothing), and opening a pipe whose lock a writer holds while it is blocked
 * in write(2). Threads of libuv's pool make these calls, at most one thread for each of those processes.
 *
 * Descriptors queued in a socket are discarded there and never received: the children of this process would close
 * received ones when they start (close-on-exec), and close(2), unlike the discard, waits for file systems in user space
 * (FLUSH).
 */
import {open} from 'node:fs';
import {Lanes} from './lanes.ts';
import {libcAsync} from './libc.ts';

/** Threads of the pool that may be blocked for ever. */
export const ELSEWHERE_THREADS = 3;

const MSG_DONTWAIT = 0x40;
const SOL_SOCKET = 1;
const SO_LINGER = 13;

const close = libcAsync<[number]>('int close(int fd)');
const recv = libcAsync<[number, Buffer, number, number]>('int64_t recv(int fd, void *data, size_t size, int flags)');
const setsockopt = libcAsync<[number, number, number, Buffer, number]>(
  'int setsockopt(int fd, int level, int name, const void *value, uint32_t length)',
);

// The process has one pool, and so one instance.
const lanes = new Lanes(ELSEWHERE_THREADS);
const nothing = Buffer.alloc(1);
/** struct linger: off. */
const noLinger = Buffer.alloc(8);

/**
 * Drops the next message of a socket with the descriptors that came with it: recv(2) has no room for them, and the
 * kernel releases them. Calls `done` afterwards.
 *
 * @param sender at most one piece of work per sender runs at a time
 */
export const dropMessage = (fd: number, sender: string, done: () => void): void =>
  lanes.run(sender, ended =>
    recv([fd, nothing, nothing.length, MSG_DONTWAIT], () => {
      ended();
      done();
    }),
  );

/** Closes a socket that came from another process, or in which descriptors of another process are queued. */
export const closeSocket = (fd: number, sender: string): void =>
  lanes.run(sender, ended =>
    setsockopt([fd, SOL_SOCKET, SO_LINGER, noLinger, noLinger.length], () => close([fd], ended)),
  );

/**
 * Opens a file although other processes may block the call. Calls `done` with the descriptor or the error.
 *
 * @param isWanted called right before the open: if it returns false, the file is not opened (`ECANCELED`)
 */
export const openElsewhere = (
  path: string,
  flags: number,
  whose: string,
  done: (opened: number | Error) => void,
  isWanted: () => boolean = () => true,
): void =>
  lanes.run(whose, ended => {
    if (!isWanted()) {
      ended();
      done(Object.assign(new Error(`${path}: open cancelled`), {code: 'ECANCELED'}));
      return;
    }
    open(path, flags, (error, fd) => {
      ended();
      done(error ?? fd);
    });
  });

/** Whether any of these calls is running or waiting. */
export const isHeldUp = (): boolean => lanes.isBusy;
