/** How a process ended, as far as the kernel still tells somebody who is not its parent. */
import {readlinkSync} from 'node:fs';
import {hasEnded, readStat} from './stat.ts';
import {endOfPidfd} from '../posix/pidfd.ts';
import {endOfStatus, type End} from '../posix/wait.ts';

/** A zombie's status is shown as 0 to those who may not look into it (proc(5)); this link asks the same right. */
export function mayLookInto(pid: number): boolean {
  try {
    readlinkSync(`/proc/${pid}/ns/user`);
    return true;
  } catch {
    return false;
  }
}

/**
 * How the process behind a pidfd ended: from its zombie while nobody has waited for it, and from the descriptor
 * afterwards. `waits`: it can't be told yet, but perhaps once it was waited for.
 *
 * @param pidfd null where the kernel gives none: then the zombie alone tells
 */
export function endOf(pidfd: number | null, pid: number, startTime: string): End | 'waits' | null {
  // In this order: what was no zombie any more when it was looked for has been waited for.
  const stat = readStat(pid);
  if (stat?.startTime !== startTime) return pidfd === null ? null : endOfPidfd(pidfd);
  if (!hasEnded(stat)) return 'waits';
  return stat.exitStatus !== 0 || mayLookInto(pid) ? endOfStatus(stat.exitStatus) : 'waits';
}
