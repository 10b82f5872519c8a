/** Reads the sockets of this network namespace from the kernel (sock_diag(7)), in one dump, as binary structures. */
import {closeSync, fstatSync} from 'node:fs';
import {check, libc, SystemError} from './libc.ts';

const AF_NETLINK = 16;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const NETLINK_SOCK_DIAG = 4;
const SOCK_DIAG_BY_FAMILY = 20;
const NLM_F_REQUEST_DUMP = 0x301;
const NLM_F_REQUEST = 1;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const HEADER_BYTES = 16;
const BLOCK_BYTES = 128 * 1024;
const ALL_STATES = 0xffffffff;

const AF_UNIX = 1;
const UDIAG_SHOW_VFS = 2;
const UNIX_DIAG_VFS = 1;
/** struct unix_diag_msg, before its attributes. */
const UNIX_DIAG_BYTES = 16;
const UDIAG_SHOW = 0x1 | 0x4 | 0x8; // name, peer, pending connections

const socket = libc<[number, number, number]>('int socket(int domain, int type, int protocol)');
const send = libc<[number, Buffer, number, number]>('int64_t send(int fd, const void *data, size_t size, int flags)');
const recv = libc<[number, Buffer, number, number]>('int64_t recv(int fd, void *data, size_t size, int flags)');

/**
 * Requests a dump and calls `visit` with each of its messages.
 *
 * @throws {@link SystemError}: `ENOENT` if the kernel has no diagnostics for such sockets, `EPERM` in some sandboxes.
 */
function dump(request: Buffer, visit: (message: Buffer) => void, flags = NLM_F_REQUEST_DUMP): void {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(HEADER_BYTES + request.length, 0);
  header.writeUInt16LE(SOCK_DIAG_BY_FAMILY, 4);
  header.writeUInt16LE(flags, 6);
  const question = Buffer.concat([header, request]);
  const fd = check(socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG), 'socket', 'sock_diag');
  try {
    check(send(fd, question, question.length, 0), 'send', 'sock_diag');
    const block = Buffer.alloc(BLOCK_BYTES);
    for (;;) {
      const end = check(recv(fd, block, block.length, 0), 'recv', 'sock_diag');
      if (end === 0 || eachMessage(block.subarray(0, end), visit) || flags !== NLM_F_REQUEST_DUMP) return;
    }
  } finally {
    closeSync(fd);
  }
}

/**
 * Calls `visit` with each message of one datagram (netlink(7)), without its header. Returns true if the datagram was
 * the last one of the dump, or belongs to no dump.
 *
 * @throws {@link SystemError} if the datagram holds an error
 */
export function eachMessage(datagram: Buffer, visit: (message: Buffer) => void): boolean {
  for (let at = 0; at + HEADER_BYTES <= datagram.length;) {
    const length = datagram.readUInt32LE(at);
    const type = datagram.readUInt16LE(at + 4);
    if (type === NLMSG_DONE || length < HEADER_BYTES || at + length > datagram.length) return true;
    const message = datagram.subarray(at + HEADER_BYTES, at + length);
    if (type !== NLMSG_ERROR) visit(message);
    else if (message.length >= 4) throw new SystemError('sock_diag', -message.readInt32LE(0));
    else return true;
    at += Math.ceil(length / 4) * 4;
  }
  return false;
}

/**
 * Calls `visit` with each unix socket: a `struct unix_diag_msg` and its attributes. The bytes are valid during the
 * visit only.
 */
export function dumpUnixSockets(visit: (message: Buffer) => void): void {
  const request = Buffer.alloc(24);
  request.writeUInt8(AF_UNIX, 0);
  request.writeUInt32LE(ALL_STATES, 4);
  request.writeUInt32LE(UDIAG_SHOW, 12);
  dump(request, visit);
}

/**
 * Returns the file that bind(2) created for a unix socket of this process, in the kernel's own numbers (device: 12 bits
 * and 20, inode: the lower 32 bits), or null if the socket has none or the kernel does not report it.
 */
export function boundFile(fd: number): {readonly dev: number; readonly ino: number} | null {
  const request = Buffer.alloc(24);
  request.writeUInt8(AF_UNIX, 0);
  request.writeUInt32LE(ALL_STATES, 4);
  request.writeUInt32LE(Number(fstatSync(fd, {bigint: true}).ino & 0xffffffffn), 8);
  request.writeUInt32LE(UDIAG_SHOW_VFS, 12);
  request.fill(0xff, 16); // any cookie
  let file: ReturnType<typeof boundFile> = null;
  try {
    dump(request, message => (file = vfsOf(message)), NLM_F_REQUEST);
    return file;
  } catch {
    // No unix_diag, or a sandbox without netlink.
    return null;
  }
}

function vfsOf(message: Buffer): {readonly dev: number; readonly ino: number} | null {
  for (let at = UNIX_DIAG_BYTES; at + 12 <= message.length; at += (message.readUInt16LE(at) + 3) & ~3) {
    if (message.readUInt16LE(at + 2) === UNIX_DIAG_VFS)
      return {ino: message.readUInt32LE(at + 4), dev: message.readUInt32LE(at + 8)};
    if (message.readUInt16LE(at) === 0) break;
  }
  return null;
}

/**
 * Calls `visit` with each socket of a family (AF_INET 2, AF_INET6 10) and protocol (TCP 6, UDP 17): a `struct
 * inet_diag_msg`.
 */
export function dumpInetSockets(family: 2 | 10, protocol: 6 | 17, visit: (message: Buffer) => void): void {
  const request = Buffer.alloc(56);
  request.writeUInt8(family, 0);
  request.writeUInt8(protocol, 1);
  request.writeUInt32LE(ALL_STATES, 4);
  dump(request, visit);
}
