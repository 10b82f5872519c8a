/**
 * Reads a queue of descriptors without removing any (recv(2), MSG_PEEK): if this process dies meanwhile, they are still
 * queued.
 */
import {closeSync} from 'node:fs';
import koffi from 'koffi';
import {MOST_IN_A_MESSAGE, type DescriptorQueue} from './descriptor-queue.ts';
import {libc} from './libc.ts';

const SOL_SOCKET = 1;
const SO_PEEK_OFF = 42;
const SCM_RIGHTS = 1;
const MSG_PEEK = 0x02;
const MSG_DONTWAIT = 0x40;
const MSG_CMSG_CLOEXEC = 0x40000000;
const CMSG_HEADER_BYTES = 16;

const setsockopt = libc<[number, number, number, Buffer, number]>(
  'int setsockopt(int fd, int level, int name, const void *value, uint32_t length)',
);
const recvmsg = libc<[number, Buffer, number]>('int64_t recvmsg(int fd, void *message, int flags)');

/** Sets where the next peek begins, in bytes: each message has one. -1: at the first message, as without the option. */
function peekFrom(fd: number, offset: number): boolean {
  const value = Buffer.alloc(4);
  value.writeInt32LE(offset);
  return setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, value, value.length) === 0;
}

/**
 * Calls `keep` with a duplicate of each descriptor in a queue, oldest first, close-on-exec. Duplicates for which `keep`
 * returns false are closed, which never blocks, since the originals in the queue stay open. `keep` is not called if the
 * kernel can't peek beyond the first message, or has no descriptor to spare. Never blocks.
 */
export function peekDescriptors({receive}: DescriptorQueue, keep: (fd: number) => boolean): void {
  if (!peekFrom(receive, 0)) return;
  try {
    for (let fds = peek(receive); fds !== null; fds = peek(receive)) for (const fd of fds) if (!keep(fd)) closeSync(fd);
  } finally {
    peekFrom(receive, -1);
  }
}

/** Returns the descriptors of the next message, or null if there is none. */
function peek(fd: number): number[] | null {
  // struct msghdr, iovec and cmsghdr of 64-bit systems.
  const [header, vector, data] = [Buffer.alloc(56), Buffer.alloc(16), Buffer.alloc(1)];
  const control = Buffer.alloc(CMSG_HEADER_BYTES + 4 * (MOST_IN_A_MESSAGE + 1));
  vector.writeBigUInt64LE(koffi.address(data), 0);
  vector.writeBigUInt64LE(BigInt(data.length), 8);
  header.writeBigUInt64LE(koffi.address(vector), 16);
  header.writeBigUInt64LE(1n, 24);
  header.writeBigUInt64LE(koffi.address(control), 32);
  header.writeBigUInt64LE(BigInt(control.length), 40);
  if (recvmsg(fd, header, MSG_PEEK | MSG_DONTWAIT | MSG_CMSG_CLOEXEC) !== 1) return null;
  if (header.readBigUInt64LE(40) < CMSG_HEADER_BYTES) return [];
  if (control.readInt32LE(8) !== SOL_SOCKET || control.readInt32LE(12) !== SCM_RIGHTS) return [];
  const count = (Number(control.readBigUInt64LE(0)) - CMSG_HEADER_BYTES) / 4;
  return Array.from({length: count}, (_, at) => control.readInt32LE(CMSG_HEADER_BYTES + 4 * at));
}
