/**
 * What may wait as long as others like: to let go of descriptors that they have handed over (a TCP connection with SO_LINGER
 * whose peer reads nothing), and to open a pipe, whose lock a writer has while it is held up within write(2). So a thread of
 * libuv's pool does it, and of each of those others at most one.
 *
 * Descriptors that wait within a socket are discarded there, and never received: whatever this process has open, its
 * children close when they begin (close-on-exec), and close(2), unlike that, waits for file systems in user space (FLUSH).
 */
import {open} from 'node:fs';
import {Lanes} from './lanes.ts';
import {libcAsync} from './libc.ts';

/** Threads of the pool that may be occupied for ever. */
export const ELSEWHERE_THREADS = 3;

const MSG_DONTWAIT = 0x40;
const SOL_SOCKET = 1;
const SO_LINGER = 13;

const close = libcAsync<[number]>('int close(int fd)');
const recv = libcAsync<[number, Buffer, number, number]>('int64_t recv(int fd, void *data, size_t size, int flags)');
const setsockopt = libcAsync<[number, number, number, Buffer, number]>(
  'int setsockopt(int fd, int level, int name, const void *value, uint32_t length)',
);

// The process has one pool, and so one of these.
const lanes = new Lanes(ELSEWHERE_THREADS);
const nothing = Buffer.alloc(1);
/** struct linger: off. */
const noLinger = Buffer.alloc(8);

/**
 * Drops the next message of a socket, with the descriptors that came with it: recv(2) has no room for any, and the kernel
 * lets go of them. Calls back when that is done.
 *
 * @param sender one piece of work of each is done at a time
 */
export const dropMessage = (fd: number, sender: string, done: () => void): void =>
  lanes.run(sender, ended =>
    recv([fd, nothing, nothing.length, MSG_DONTWAIT], () => {
      ended();
      done();
    }),
  );

/** Closes a socket that was another's, or in which another's descriptors wait. */
export const closeSocket = (fd: number, sender: string): void =>
  lanes.run(sender, ended =>
    setsockopt([fd, SOL_SOCKET, SO_LINGER, noLinger, noLinger.length], () => close([fd], ended)),
  );

/**
 * Opens a file that others may keep this from; gives its descriptor, or why there is none.
 *
 * @param isWanted asked when its turn has come: what is not wanted any more is not opened (`ECANCELED`)
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
      done(Object.assign(new Error(`${path} is not wanted any more`), {code: 'ECANCELED'}));
      return;
    }
    open(path, flags, (error, fd) => {
      ended();
      done(error ?? fd);
    });
  });

/** Whether any of that is still under way. */
export const isHeldUp = (): boolean => lanes.isBusy;
