/** Finds the orphans of runs among the children of a process. */
import {childrenOf} from '../../process/proc-files.ts';
import {hasEnded, readStat, type Stat} from '../../process/stat.ts';
import type {Runs} from '../runs/runs.ts';

export interface OrphansOfHost {
  readonly runs: Runs;
  /** Returns whether this process waits for that child of its own, which is no run's orphan. */
  isOwn(pid: number): boolean;
}

/** Returns the living children of this process, or of the anchor, that are not main processes. */
export function orphansOf(holder: number, host: OrphansOfHost): Stat[] {
  return childrenOf(holder).flatMap(pid => {
    if (pid === process.pid || host.isOwn(pid)) return [];
    const run = host.runs.ofPid(pid);
    // A main process that has not ended still has its pid.
    if (run !== undefined && run.exit === null) return [];
    const stat = readStat(pid);
    return stat === null || hasEnded(stat) || stat.ppid !== holder || stat.startTime === run?.startTime ? [] : [stat];
  });
}
