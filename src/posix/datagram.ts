/** Unix datagram sockets that tell who sent what (unix(7), SO_PASSCRED), and let no passed descriptor in. */
import {chownSync, closeSync, rmSync} from 'node:fs';
import koffi from 'koffi';
import {check, libc} from './libc.ts';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_PASSCRED = 16;
const SCM_RIGHTS = 1;
const SCM_CREDENTIALS = 2;
const MSG_CMSG_CLOEXEC = 0x40000000;

/** Bytes that one message may have; longer ones count as none. */
export const MAX_DATAGRAM_BYTES = 4096;

const socket = libc<[number, number, number]>('int socket(int domain, int type, int protocol)');
const bind = libc<[number, Buffer, number]>('int bind(int fd, const void *address, uint32_t length)');
const setsockopt = libc<[number, number, number, Buffer, number]>(
  'int setsockopt(int fd, int level, int name, const void *value, uint32_t length)',
);
const recvmsg = libc<[number, Buffer, number]>('int64_t recvmsg(int fd, void *message, int flags)');

/** The kernel's form of a path, or of `@name`, which lies in no folder and is gone with the socket. */
function sockaddr(address: string): Buffer {
  const name = address.startsWith('@') ? `\0${address.slice(1)}` : `${address}\0`;
  return Buffer.concat([Buffer.from([AF_UNIX, 0]), Buffer.from(name)]);
}

/**
 * A socket that receives at an address, close-on-exec and non-blocking. What lay at that path is removed. Only its owner
 * may send to a path: this user, or whom it is given to. Throws what the kernel refuses.
 */
export function bindDatagram(address: string, owner: {readonly uid: number; readonly gid: number} | null): number {
  const fd = check(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), 'socket');
  const umask = process.umask(0o177);
  try {
    const on = Buffer.alloc(4);
    on.writeInt32LE(1);
    check(setsockopt(fd, SOL_SOCKET, SO_PASSCRED, on, on.length), 'setsockopt');
    const isPath = !address.startsWith('@');
    if (isPath) rmSync(address, {force: true});
    const name = sockaddr(address);
    check(bind(fd, name, name.length), 'bind', address);
    if (isPath && owner !== null) chownSync(address, owner.uid, owner.gid);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  } finally {
    process.umask(umask);
  }
}

export interface Datagram {
  /** Null where it was too long. */
  readonly bytes: Buffer | null;
  /** Who sent it, as the kernel says; null where it does not. */
  readonly sender: {readonly pid: number; readonly uid: number} | null;
  /** Descriptors that came with it: whoever receives them has to close them. */
  readonly fds: readonly number[];
}

const CMSG_HEADER_BYTES = 16;
const MOST_FDS = 253; // the kernel's SCM_MAX_FD
const aligned = (bytes: number): number => (bytes + 7) & ~7;

/** Where recvmsg(2) puts what it receives; struct msghdr and iovec of 64-bit systems, made at the first call. */
class Message {
  readonly data = Buffer.alloc(MAX_DATAGRAM_BYTES + 1);
  readonly control = Buffer.alloc(CMSG_HEADER_BYTES * 2 + aligned(12) + aligned(4 * MOST_FDS));
  readonly header = Buffer.alloc(56);
  readonly #vector = Buffer.alloc(16);

  constructor() {
    this.#vector.writeBigUInt64LE(koffi.address(this.data), 0);
    this.#vector.writeBigUInt64LE(BigInt(this.data.length), 8);
    this.header.writeBigUInt64LE(koffi.address(this.#vector), 16);
    this.header.writeBigUInt64LE(1n, 24);
    this.header.writeBigUInt64LE(koffi.address(this.control), 32);
  }

  /** Makes it ready: the kernel wrote there how much it used. */
  reset(): void {
    this.control.fill(0);
    this.header.writeBigUInt64LE(BigInt(this.control.length), 40);
    this.header.writeInt32LE(0, 48);
  }
}

let message: Message | null = null;

/** The next datagram that waits; null where none does. */
export function receive(fd: number): Datagram | null {
  message ??= new Message();
  message.reset();
  const length = recvmsg(fd, message.header, MSG_CMSG_CLOEXEC);
  if (length === -1) return null;
  return {
    bytes: length > MAX_DATAGRAM_BYTES ? null : Buffer.from(message.data.subarray(0, length)),
    ...controlOf(message.control),
  };
}

function controlOf(control: Buffer): Pick<Datagram, 'sender' | 'fds'> {
  let sender: Datagram['sender'] = null;
  const fds: number[] = [];
  for (let at = 0; at + CMSG_HEADER_BYTES <= control.length;) {
    const length = Number(control.readBigUInt64LE(at));
    if (length < CMSG_HEADER_BYTES) break;
    const type = control.readInt32LE(at + 8) === SOL_SOCKET ? control.readInt32LE(at + 12) : 0;
    const data = control.subarray(at + CMSG_HEADER_BYTES, at + length);
    if (type === SCM_CREDENTIALS) sender = {pid: data.readInt32LE(0), uid: data.readUInt32LE(4)};
    if (type === SCM_RIGHTS) for (let i = 0; i + 4 <= data.length; i += 4) fds.push(data.readInt32LE(i));
    at += aligned(length);
  }
  return {sender, fds};
}
