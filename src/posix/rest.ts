/**
 * A descriptor on which read(2) waits for a time, for a program that can do nothing but read (socket(7), SO_RCVTIMEO).
 */
import {closeSync} from 'node:fs';
import {check, libc} from './libc.ts';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;

const socket = libc<[number, number, number]>('int socket(int domain, int type, int protocol)');
const setsockopt = libc<[number, number, number, Buffer, number]>(
  'int setsockopt(int fd, int level, int option, const void *value, unsigned int length)',
);
const dup2 = libc<[number, number]>('int dup2(int from, int to)');

/**
 * Opens a descriptor of that number, in place of whatever it was, which survives execve. No process can write to it,
 * and a read from it fails after `ms`. Throws SystemError.
 */
export function openRest(fd: number, ms: number): void {
  const made = check(socket(AF_UNIX, SOCK_DGRAM, 0), 'socket');
  const time = Buffer.alloc(16); // struct timeval
  time.writeBigInt64LE(BigInt(Math.floor(ms / 1000)), 0);
  time.writeBigInt64LE(BigInt(ms % 1000) * 1000n, 8);
  check(setsockopt(made, SOL_SOCKET, SO_RCVTIMEO, time, time.length), 'setsockopt');
  check(dup2(made, fd), 'dup2');
  if (made !== fd) closeSync(made);
}
