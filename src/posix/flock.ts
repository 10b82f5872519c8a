/** Advisory locks on whole files (flock(2)): released by the kernel when the last holder of the description is gone. */
import {errno, errnoName, libc, SystemError} from './libc.ts';

const LOCK_EX = 2;
const LOCK_NB = 4;

const flock = libc<[number, number]>('int flock(int fd, int operation)');

/** Takes the lock without waiting; false where somebody holds it. Throws SystemError. */
export function tryLock(fd: number): boolean {
  if (flock(fd, LOCK_EX | LOCK_NB) === 0) return true;
  const number = errno();
  if (errnoName(number) === 'EWOULDBLOCK' || errnoName(number) === 'EAGAIN') return false;
  throw new SystemError('flock', number);
}
