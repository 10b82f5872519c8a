/** How a process ended, as far as the kernel still reports it to a process that is not the parent. */
import {readlinkSync} from 'node:fs';
import {hasEnded, readStat} from './stat.ts';
import {endOfPidfd} from '../posix/pidfd.ts';
import {endOfStatus, type End} from '../posix/wait.ts';

/**
 * Whether this user may inspect a process; else a zombie's status reads as 0 (proc(5)). This link needs the same right.
 */
export function mayLookInto(pid: number): boolean {
  try {
    readlinkSync(`/proc/${pid}/ns/user`);
    return true;
  } catch {
    return false;
  }
}

/**
 * Returns how a process ended: from its zombie until it is reaped, and from the pidfd afterwards. Returns `waits` if
 * the end is not known yet, but may be once the process is reaped, and null if it stays unknown.
 *
 * @param pidfd null if the kernel has none; the zombie is then the only source
 */
export function endOf(pidfd: number | null, pid: number, startTime: string): End | 'waits' | null {
  // Read `stat` first: a process that is no longer a zombie by then has been reaped.
  const stat = readStat(pid);
  if (stat?.startTime !== startTime) return pidfd === null ? null : endOfPidfd(pidfd);
  if (!hasEnded(stat)) return 'waits';
  return stat.exitStatus !== 0 || mayLookInto(pid) ? endOfStatus(stat.exitStatus) : 'waits';
}
