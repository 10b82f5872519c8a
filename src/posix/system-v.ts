/** The state of System V semaphores, which semctl(2) reports only for one at a time. */
import {errno, errnoName, libc} from './libc.ts';

const GETPID = 11;
const GETVAL = 12;
const GETNCNT = 14;
const GETZCNT = 15;

const semctl = libc<[number, number, number]>('int semctl(int id, int number, int command)');

export interface SemaphoreState {
  readonly value: number;
  /** The process that changed it last, which may have ended long ago; 0: none. */
  readonly lastPid: number;
  /** Number of processes that wait for an increase. */
  readonly waiting: number;
  /** Number of processes that wait for 0. */
  readonly waitingForZero: number;
}

/**
 * Returns the state of one semaphore of a set of this IPC namespace, `denied` if it may not be read, or null if it does
 * not exist.
 */
export function semaphoreState(id: number, number: number): SemaphoreState | 'denied' | null {
  const value = semctl(id, number, GETVAL);
  if (value === -1) return errnoName(errno()) === 'EACCES' ? 'denied' : null;
  return {
    value,
    lastPid: semctl(id, number, GETPID),
    waiting: semctl(id, number, GETNCNT),
    waitingForZero: semctl(id, number, GETZCNT),
  };
}
