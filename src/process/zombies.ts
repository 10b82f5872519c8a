/** Zombies: processes that have ended, and whose parents have not waited for them. */
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
  /** The parent's name, untrusted; null where it may not be seen. */
  readonly parent: string | null;
  /** How it ended; null where this user may not see that. */
  readonly exit: End | null;
}

/** A status of 0 is also what those are told who may not see it (proc(5)). */
export const exitOfStatus = (pid: number, exitStatus: number): End | null =>
  exitStatus !== 0 || mayLookInto(pid) ? endOfStatus(exitStatus) : null;

export const exitOf = ({pid, exitStatus}: Stat): End | null => exitOfStatus(pid, exitStatus);

/** All in one look at the machine. Some of them are not for long: their parents are just about to wait. */
export function zombiesIn(table: ProcessTable): Zombie[] {
  const found: Zombie[] = [];
  for (const stat of table.all()) {
    if (!hasEnded(stat)) continue;
    const {pid, startTime, comm, ppid} = stat;
    found.push({pid, startTime, name: comm, ppid, parent: table.get(ppid)?.comm ?? null, exit: exitOf(stat)});
  }
  return found;
}
