/**
 * A queue of descriptors in the kernel: a pair of connected unix sockets (unix(7), SCM_RIGHTS). An unreceived message
 * keeps its descriptors open as long as any process has the receiving end, whichever process sent it.
 *
 * Sequenced packets between two sockets that are each other's peers are bounded by the sender's buffer (about 278
 * messages of the default 212,992 bytes), not by net.unix.max_dgram_qlen.
 */
import {closeSync} from 'node:fs';
import koffi from 'koffi';
import {check, errno, errnoName, libc, libcAsync} from './libc.ts';
import {onPipeThread} from './pipe-threads.ts';

const AF_UNIX = 1;
const SOCK_SEQPACKET = 5;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_TYPE = 3;
const SO_DOMAIN = 39;
const SCM_RIGHTS = 1;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const FIONREAD = 0x541b;
const F_DUPFD_CLOEXEC = 1030;
const CMSG_HEADER_BYTES = 16;

/** The kernel's SCM_MAX_FD. */
export const MOST_IN_A_MESSAGE = 253;

export interface DescriptorQueue {
  readonly send: number;
  readonly receive: number;
}

const socketpair = libc<[number, number, number, Buffer]>(
  'int socketpair(int domain, int type, int protocol, void *pair)',
);
const getsockopt = libc<[number, number, number, Buffer, Buffer]>(
  'int getsockopt(int fd, int level, int name, void *value, void *length)',
);
const sendmsg = libc<[number, Buffer, number]>('int64_t sendmsg(int fd, const void *message, int flags)');
const recv = libcAsync<[number, Buffer, number, number]>(
  'int64_t recv(int fd, void *buffer, size_t length, int flags)',
);
const ioctl = libc<[number, number, Buffer]>('int ioctl(int fd, unsigned long request, void *result)');
const fcntl = libc<[number, number, number]>('int fcntl(int fd, int command, long argument)');
const dup2 = libc<[number, number]>('int dup2(int from, int to)');

/** Creates a queue, close-on-exec. Throws SystemError (`EMFILE`, `ENFILE`). */
export function makeDescriptorQueue(): DescriptorQueue {
  const pair = Buffer.alloc(8);
  check(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 'socketpair');
  return {send: pair.readInt32LE(0), receive: pair.readInt32LE(4)};
}

/**
 * Creates a queue at these descriptor numbers, in place of whatever they were, so that it survives execve(2). Throws
 * SystemError; the descriptors are unchanged then.
 */
export function openDescriptorQueueAt({send, receive}: DescriptorQueue): void {
  const made = makeDescriptorQueue();
  // dup2(2) for one end must not overwrite the source of the other.
  const least = Math.max(send, receive) + 1;
  const from = {
    send: check(fcntl(made.send, F_DUPFD_CLOEXEC, least), 'fcntl'),
    receive: check(fcntl(made.receive, F_DUPFD_CLOEXEC, least), 'fcntl'),
  };
  for (const fd of [made.send, made.receive]) closeSync(fd);
  check(dup2(from.send, send), 'dup2');
  check(dup2(from.receive, receive), 'dup2');
  for (const fd of [from.send, from.receive]) closeSync(fd);
}

const value = Buffer.alloc(4);
const valueLength = Buffer.alloc(4);

function option(fd: number, name: number): number | null {
  valueLength.writeInt32LE(value.length);
  return getsockopt(fd, SOL_SOCKET, name, value, valueLength) === 0 ? value.readInt32LE(0) : null;
}

/** Whether both descriptors can be the ends of such a queue. */
export const isDescriptorQueue = ({send, receive}: DescriptorQueue): boolean =>
  [send, receive].every(fd => option(fd, SO_DOMAIN) === AF_UNIX && option(fd, SO_TYPE) === SOCK_SEQPACKET);

/**
 * The arguments of sendmsg(2): struct msghdr, iovec and cmsghdr of 64-bit systems, and one byte. Created at the first
 * call.
 */
class Message {
  readonly header = Buffer.alloc(56);
  readonly #data = Buffer.alloc(1);
  readonly #vector = Buffer.alloc(16);
  readonly #control = Buffer.alloc(CMSG_HEADER_BYTES + 4 * (MOST_IN_A_MESSAGE + 1));

  constructor() {
    this.#vector.writeBigUInt64LE(koffi.address(this.#data), 0);
    this.#vector.writeBigUInt64LE(BigInt(this.#data.length), 8);
    this.header.writeBigUInt64LE(koffi.address(this.#vector), 16);
    this.header.writeBigUInt64LE(1n, 24);
    this.header.writeBigUInt64LE(koffi.address(this.#control), 32);
    this.#control.writeInt32LE(SOL_SOCKET, 8);
    this.#control.writeInt32LE(SCM_RIGHTS, 12);
  }

  fill(fds: readonly number[]): void {
    const length = CMSG_HEADER_BYTES + 4 * fds.length;
    this.header.writeBigUInt64LE(BigInt(length), 40);
    this.#control.writeBigUInt64LE(BigInt(length), 0);
    for (const [at, fd] of fds.entries()) this.#control.writeInt32LE(fd, CMSG_HEADER_BYTES + 4 * at);
  }
}

let message: Message | null = null;

/**
 * Sends up to {@link MOST_IN_A_MESSAGE} descriptors to the queue as one message; never blocks. Returns null, or the
 * error: `EAGAIN` if the queue is full, `ETOOMANYREFS` if this user has too many descriptors in flight (unix(7)).
 */
export function sendDescriptors({send}: DescriptorQueue, fds: readonly number[]): string | null {
  message ??= new Message();
  message.fill(fds);
  return sendmsg(send, message.header, MSG_DONTWAIT | MSG_NOSIGNAL) === -1 ? errnoName(errno()) : null;
}

const scratch = Buffer.alloc(4);

/**
 * Removes the oldest message, on a thread of the pool: recv(2) has no room for its descriptors here, so the kernel
 * closes them, and closing a pipe takes its lock. Calls `done` with whether there was a message.
 */
export function dropDescriptors({receive}: DescriptorQueue, done: (dropped: boolean) => void): void {
  const data = Buffer.alloc(1);
  onPipeThread(release =>
    recv([receive, data, data.length, MSG_DONTWAIT], count => {
      release();
      done(count === 1);
    }),
  );
}

/**
 * Returns the number of queued messages: each has one byte (unix(7), SIOCINQ; for sequenced packets it counts them
 * all).
 */
export const messagesIn = ({receive}: DescriptorQueue): number =>
  ioctl(receive, FIONREAD, scratch) === 0 ? scratch.readInt32LE(0) : 0;
