/**
 * Advisory locks on whole files (flock(2)). The kernel releases a lock when the last descriptor of the description is
 * closed.
 */
import {errno, errnoName, libc, SystemError} from './libc.ts';

const LOCK_EX = 2;
const LOCK_NB = 4;

const flock = libc<[number, number]>('int flock(int fd, int operation)');

/** Takes the lock without waiting. Returns false if it is held already. Throws SystemError. */
export function tryLock(fd: number): boolean {
  if (flock(fd, LOCK_EX | LOCK_NB) === 0) return true;
  const number = errno();
  if (errnoName(number) === 'EWOULDBLOCK' || errnoName(number) === 'EAGAIN') return false;
  throw new SystemError('flock', number);
}
