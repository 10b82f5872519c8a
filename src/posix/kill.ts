/** kill(2) for one process. */
import {errno, errnoName, libc} from './libc.ts';

const kill = libc<[number, number]>('int kill(int pid, int signal)');

/**
 * Sends a signal to a pid, whichever process has it. Safe for a child that was not waited for, which keeps its pid.
 * Returns the error (`ESRCH`, `EPERM`), or null.
 */
export function killPid(pid: number, signal: number): string | null {
  // 0 and below would name whole process groups.
  if (!Number.isInteger(pid) || pid <= 0) return 'ESRCH';
  return kill(pid, signal) === -1 ? errnoName(errno()) : null;
}
