/** Two connected stream sockets (socketpair(2)). */
import {check, libc} from './libc.ts';

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;

const socketpair = libc<[number, number, number, Buffer]>(
  'int socketpair(int domain, int type, int protocol, void *pair)',
);

/** Returns both ends, close-on-exec and blocking. Throws {@link SystemError} (`EMFILE`, `ENFILE`). */
export function socketPair(): readonly [number, number] {
  const pair = Buffer.alloc(8);
  check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 'socketpair');
  return [pair.readInt32LE(0), pair.readInt32LE(4)];
}
