/** Children of a process that runs have left to it. */
import {childrenOf} from '../../process/proc-files.ts';
import {hasEnded, readStat, type Stat} from '../../process/stat.ts';
import type {Runs} from '../runs/runs.ts';

export interface OrphansOfHost {
  readonly runs: Runs;
  /** Whether this process waits for that child of its, which is no run's orphan. */
  isOwn(pid: number): boolean;
}

/** The living children of this process, or of the anchor, that are no main processes. */
export function orphansOf(holder: number, host: OrphansOfHost): Stat[] {
  return childrenOf(holder).flatMap(pid => {
    if (pid === process.pid || host.isOwn(pid)) return [];
    const run = host.runs.ofPid(pid);
    // The pid of a main process that has not ended is its own.
    if (run !== undefined && run.exit === null) return [];
    const stat = readStat(pid);
    return stat === null || hasEnded(stat) || stat.ppid !== holder || stat.startTime === run?.startTime ? [] : [stat];
  });
}
