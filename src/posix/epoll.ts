/** One epoll set (epoll(7)), waited for on a thread of libuv's pool. */
import {closeSync, writeSync} from 'node:fs';
import {check, errno, errnoName, libc, libcAsync, SystemError} from './libc.ts';

const EPOLL_CLOEXEC = 0o2000000;
const EFD_CLOEXEC = 0o2000000;
const CTL_ADD = 1;
const CTL_DEL = 2;
const CTL_MOD = 3;
const EPOLLIN = 1;
const EPOLLERR = 8;
const EPOLLHUP = 16;
const EPOLLONESHOT = 1 << 30;
const BATCH = 256;
const EVENT_BYTES = process.arch === 'x64' ? 12 : 16; // struct epoll_event is packed on x86-64 alone
const DATA_OFFSET = EVENT_BYTES - 8;

const epollCreate = libc<[number]>('int epoll_create1(int flags)');
const eventfd = libc<[number, number]>('int eventfd(unsigned int start, int flags)');
const epollControl = libc<[number, number, number, Buffer | null]>(
  'int epoll_ctl(int set, int operation, int fd, void *event)',
);
const epollWait = libcAsync<[number, Buffer, number, number]>(
  'int epoll_wait(int set, void *events, int most, int timeout)',
);
const epollPwait = libcAsync<[number, Buffer, number, number, null]>(
  'int epoll_pwait(int set, void *events, int most, int timeout, const void *mask)',
);
/** The state of a descriptor: bytes to read, or no writer left. */
export interface Readiness {
  readonly readable: boolean;
  readonly hungUp: boolean;
}

interface Watched {
  readonly listener: (ready: Readiness) => void;
  /** Distinguishes the descriptor from an earlier one with the same number. */
  readonly generation: number;
}

/**
 * A set of descriptors. Each is watched once: after its listener was called it is not watched until {@link arm} is
 * called, so a descriptor that is being served can't wake the set again and again.
 */
export class Epoll {
  readonly #set: number;
  readonly #wake: number;
  #pwait = false;
  readonly #watched = new Map<number, Watched>();
  readonly #events = Buffer.alloc(BATCH * EVENT_BYTES);
  readonly #event = Buffer.alloc(EVENT_BYTES);
  #open = true;
  #generation = 0;

  constructor() {
    this.#set = check(epollCreate(EPOLL_CLOEXEC), 'epoll_create1');
    this.#wake = check(eventfd(0, EFD_CLOEXEC), 'eventfd');
    this.#control(CTL_ADD, this.#wake, 0);
    // Also after an uncaught exception: the process would hang in its exit, and no successor would be started.
    process.once('exit', () => this.close());
    this.#wait();
  }

  /** Watches a descriptor for the first time. Throws SystemError. */
  add(fd: number, listener: (ready: Readiness) => void): void {
    const generation = (this.#generation = (this.#generation + 1) >>> 0);
    this.#control(CTL_ADD, fd, generation);
    this.#watched.set(fd, {listener, generation});
  }

  /** Watches a descriptor again, once. */
  arm(fd: number): void {
    const watched = this.#watched.get(fd);
    if (watched) this.#control(CTL_MOD, fd, watched.generation);
  }

  /** Removes a descriptor from the set. Must be called before it is closed. */
  remove(fd: number): void {
    if (this.#watched.delete(fd)) epollControl(this.#set, CTL_DEL, fd, null);
  }

  /** The number of descriptors in the set. */
  get size(): number {
    return this.#watched.size;
  }

  /**
   * Ends the wait. Must be called before the process exits: exit(3) joins the pool's threads, and one of them waits
   * here.
   */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#watched.clear();
    writeSync(this.#wake, Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]));
  }

  #control(operation: number, fd: number, generation: number): void {
    this.#event.writeUInt32LE((EPOLLIN | EPOLLONESHOT) >>> 0, 0);
    this.#event.writeUInt32LE(fd, DATA_OFFSET);
    this.#event.writeUInt32LE(generation, DATA_OFFSET + 4);
    if (epollControl(this.#set, operation, fd, this.#event) === -1) throw new SystemError('epoll_ctl', errno());
  }

  #wait(): void {
    if (this.#pwait) epollPwait([this.#set, this.#events, BATCH, -1, null], count => this.#waited(count));
    else epollWait([this.#set, this.#events, BATCH, -1], count => this.#waited(count));
  }

  #waited(count: number): void {
    const error = count === -1 ? errnoName(errno()) : null;
    if (!this.#open) {
      closeSync(this.#set);
      closeSync(this.#wake);
      return;
    }
    // EINTR: a signal reached the pool's thread. A refused call would be repeated again and again, at full speed.
    if (error !== null && error !== 'EINTR') {
      if (this.#pwait) throw new Error(`epoll_wait and epoll_pwait are refused here (${error})`);
      this.#pwait = true;
    }
    for (let index = 0; index < count; index++) {
      const flags = this.#events.readUInt32LE(index * EVENT_BYTES);
      const fd = this.#events.readUInt32LE(index * EVENT_BYTES + DATA_OFFSET);
      const generation = this.#events.readUInt32LE(index * EVENT_BYTES + DATA_OFFSET + 4);
      const watched = this.#watched.get(fd);
      // Since the thread fetched the event, the descriptor may have been removed and closed, and its number reused.
      if (watched?.generation !== generation) continue;
      watched.listener({
        readable: (flags & EPOLLIN) !== 0,
        hungUp: (flags & (EPOLLHUP | EPOLLERR)) !== 0,
      });
    }
    this.#wait();
  }
}
