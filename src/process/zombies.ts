/** Zombies: processes that have ended and that their parents have not reaped. */
import {mayLookInto} from './end.ts';
import {hasEnded, type Stat} from './stat.ts';
import type {ProcessTable} from './table.ts';
import {endOfStatus, type End} from '../posix/wait.ts';

export interface Zombie {
  readonly pid: number;
  readonly startTime: string;
  /** Untrusted. */
  readonly name: string;
  readonly ppid: number;
  /** The parent's name, untrusted; null if the parent is not visible. */
  readonly parent: string | null;
  /** How the process ended; null if this user may not see it. */
  readonly exit: End | null;
}

/**
 * Returns how a process ended, or null if this user may not see it: the kernel then reports a status of 0 (proc(5)).
 */
export const exitOfStatus = (pid: number, exitStatus: number): End | null =>
  exitStatus !== 0 || mayLookInto(pid) ? endOfStatus(exitStatus) : null;

export const exitOf = ({pid, exitStatus}: Stat): End | null => exitOfStatus(pid, exitStatus);

/** Returns all zombies of one pass. Some are short-lived: their parents are about to reap them. */
export function zombiesIn(table: ProcessTable): Zombie[] {
  const found: Zombie[] = [];
  for (const stat of table.all()) {
    if (!hasEnded(stat)) continue;
    const {pid, startTime, comm, ppid} = stat;
    found.push({pid, startTime, name: comm, ppid, parent: table.get(ppid)?.comm ?? null, exit: exitOf(stat)});
  }
  return found;
}
