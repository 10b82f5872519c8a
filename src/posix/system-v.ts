/** What System V semaphores tell only to those who ask for each (semctl(2)). */
import {errno, errnoName, libc} from './libc.ts';

const GETPID = 11;
const GETVAL = 12;
const GETNCNT = 14;
const GETZCNT = 15;

const semctl = libc<[number, number, number]>('int semctl(int id, int number, int command)');

export interface SemaphoreState {
  readonly value: number;
  /** Who changed it last, 0: nobody. It may have ended long ago. */
  readonly lastPid: number;
  /** How many wait for it to rise. */
  readonly waiting: number;
  /** How many wait for it to be 0. */
  readonly waitingForZero: number;
}

/** The state of one semaphore of a set of this IPC namespace; `denied` where it may not be read, null where there is none. */
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
