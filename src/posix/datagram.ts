/**
 * Unix datagram sockets that report the sender of each message (unix(7), SO_PASSCRED), and whether descriptors came
 * with it.
 */
import {closeSync, fchmodSync, lchownSync} from 'node:fs';
import koffi from 'koffi';
import {check, libc} from './libc.ts';
import {removeFile, removeIfPossible} from './remove.ts';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_PASSCRED = 16;
const SCM_CREDENTIALS = 2;
const MSG_PEEK = 2;
const MSG_CTRUNC = 8;
const MSG_DONTWAIT = 0x40;

/** Maximum bytes of a message; the content of longer messages is discarded. */
export const MAX_DATAGRAM_BYTES = 4096;

const socket = libc<[number, number, number]>('int socket(int domain, int type, int protocol)');
const bind = libc<[number, Buffer, number]>('int bind(int fd, const void *address, uint32_t length)');
const setsockopt = libc<[number, number, number, Buffer, number]>(
  'int setsockopt(int fd, int level, int name, const void *value, uint32_t length)',
);
const SHUT_RDWR = 2;
const shutdown = libc<[number, number]>('int shutdown(int fd, int how)');
const recv = libc<[number, Buffer, number, number]>('int64_t recv(int fd, void *data, size_t size, int flags)');
const recvmsg = libc<[number, Buffer, number]>('int64_t recvmsg(int fd, void *message, int flags)');

/** Returns the sockaddr of a path, or of an abstract `@name` (of runs that an earlier version started). */
function sockaddr(address: string): Buffer {
  const name = address.startsWith('@') ? `\0${address.slice(1)}` : `${address}\0`;
  return Buffer.concat([Buffer.from([AF_UNIX, 0]), Buffer.from(name)]);
}

/**
 * Returns a socket that receives at an address, close-on-exec and non-blocking. Removes an existing file at that path.
 * Only the owner of the file may send to a path: this user, or `owner`. Throws errors of the system calls.
 */
export function bindDatagram(address: string, owner: {readonly uid: number; readonly gid: number} | null): number {
  const fd = check(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), 'socket');
  let hasFile = false;
  try {
    const on = Buffer.alloc(4);
    on.writeInt32LE(1);
    check(setsockopt(fd, SOL_SOCKET, SO_PASSCRED, on, on.length), 'setsockopt');
    const isPath = !address.startsWith('@');
    if (isPath) removeFile(address);
    // bind(2) creates the file with the mode of the socket's own inode. A umask would apply to all threads.
    fchmodSync(fd, 0o600);
    const name = sockaddr(address);
    check(bind(fd, name, name.length), 'bind', address);
    hasFile = isPath;
    if (isPath && owner !== null) lchownSync(address, owner.uid, owner.gid);
    return fd;
  } catch (error) {
    closeSync(fd);
    if (hasFile) removeIfPossible(address);
    throw error;
  }
}

/** Rejects further messages to a socket; queued ones are still received. */
export const endReceiving = (fd: number): void => void shutdown(fd, SHUT_RDWR);

export interface Datagram {
  /** Null if the message was too long. */
  readonly bytes: Buffer | null;
  /** The sender's credentials from the kernel; null if there are none. */
  readonly sender: {readonly pid: number; readonly uid: number} | null;
  /**
   * Descriptors came with the message: it has to be dropped elsewhere ({@link dropMessage}), since that may take long.
   */
  readonly hasDescriptors: boolean;
}

const CMSG_HEADER_BYTES = 16;
const CREDENTIALS_BYTES = 12;
const aligned = (bytes: number): number => (bytes + 7) & ~7;

/** The buffers of recvmsg(2): struct msghdr and iovec of 64-bit systems. Created at the first call. */
class Message {
  readonly data = Buffer.alloc(MAX_DATAGRAM_BYTES + 1);
  /** Room for the sender's credentials, and for no descriptor. */
  readonly control = Buffer.alloc(CMSG_HEADER_BYTES + aligned(CREDENTIALS_BYTES));
  readonly header = Buffer.alloc(56);
  readonly #vector = Buffer.alloc(16);

  constructor() {
    this.#vector.writeBigUInt64LE(koffi.address(this.data), 0);
    this.#vector.writeBigUInt64LE(BigInt(this.data.length), 8);
    this.header.writeBigUInt64LE(koffi.address(this.#vector), 16);
    this.header.writeBigUInt64LE(1n, 24);
    this.header.writeBigUInt64LE(koffi.address(this.control), 32);
  }

  /** Resets the lengths and flags that the kernel overwrites in each call. */
  reset(): void {
    this.control.fill(0);
    this.header.writeBigUInt64LE(BigInt(this.control.length), 40);
    this.header.writeInt32LE(0, 48);
  }

  /** Whether further ancillary data was cut off for lack of room. */
  get isControlCut(): boolean {
    return (this.header.readInt32LE(48) & MSG_CTRUNC) !== 0;
  }
}

let message: Message | null = null;

/** Returns the next datagram and leaves it in the queue, or null if there is none. Opens and closes no descriptor. */
export function peek(fd: number): Datagram | null {
  message ??= new Message();
  message.reset();
  const length = recvmsg(fd, message.header, MSG_PEEK);
  if (length === -1) return null;
  return {
    bytes: length > MAX_DATAGRAM_BYTES ? null : Buffer.from(message.data.subarray(0, length)),
    sender: senderOf(message.control),
    hasDescriptors: message.isControlCut,
  };
}

/** Removes the next datagram, which must have come without descriptors. */
export const drop = (fd: number): void => void recv(fd, nothing, nothing.length, MSG_DONTWAIT);
const nothing = Buffer.alloc(1);

function senderOf(control: Buffer): Datagram['sender'] {
  const length = Number(control.readBigUInt64LE(0));
  const isCredentials = control.readInt32LE(8) === SOL_SOCKET && control.readInt32LE(12) === SCM_CREDENTIALS;
  if (!isCredentials || length < CMSG_HEADER_BYTES + CREDENTIALS_BYTES) return null;
  return {pid: control.readInt32LE(CMSG_HEADER_BYTES), uid: control.readUInt32LE(CMSG_HEADER_BYTES + 4)};
}
