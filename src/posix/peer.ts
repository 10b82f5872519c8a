/** Credentials of the peer of a unix socket (unix(7), SO_PEERCRED). */
import {libc} from './libc.ts';

const SOL_SOCKET = 1;
const SO_PEERCRED = 17;

const getsockopt = libc<[number, number, number, Buffer, Buffer]>(
  'int getsockopt(int fd, int level, int option, void *value, void *length)',
);

/** Returns the credentials that the peer had when it connected, or null if the kernel does not report them. */
export function peerCredentials(fd: number): {pid: number; uid: number; gid: number} | null {
  const value = Buffer.alloc(12);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(12, 0);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, value, length) !== 0) return null;
  return {pid: value.readInt32LE(0), uid: value.readInt32LE(4), gid: value.readInt32LE(8)};
}
