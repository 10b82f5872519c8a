/**
 * Processes whose output goes to the FIFOs of a run. A process that was forked just before its keeper died, and then
 * wrote a title over its environment, may have no other mark.
 */
import {readlinkSync, realpathSync} from 'node:fs';
import {basename} from 'node:path';
import type {Runs} from '../runs/runs.ts';
import type {Run} from '../runs/run.ts';
import {fifoPath, STREAMS} from '../../logs/layout.ts';
import {hasEnded, isShortage, type Stat} from '../../process/stat.ts';
import type {ProcessTable} from '../../process/table.ts';

const OUTPUTS = [1, 2];

/**
 * Returns the path of a process's descriptor from the kernel: stat(2) would query the file system, which may not
 * answer.
 */
function pathOf(pid: number, fd: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`);
  } catch (error) {
    if (isShortage(error)) throw error;
    return null;
  }
}

/** Returns a process and all its ancestors. */
function ancestorsOf(pid: number, table: ProcessTable): Set<number> {
  const found = new Set<number>();
  for (let at = pid; at > 0 && !found.has(at); at = table.get(at)?.ppid ?? 0) found.add(at);
  return found;
}

/**
 * Returns processes that can only be the main process of an unrecorded run: the FIFO is their standard output or error,
 * they lead a session of their own, as each main process does, and their parent is this keeper or an ancestor of it, to
 * which the children of a keeper fall. Any other holder may be a stranger with a passed descriptor.
 */
export function unrecordedMains(folder: string, token: string, table: ProcessTable): Stat[] {
  const paths = STREAMS.map(stream => fifoPath(realpathSync(folder), token, stream));
  const fifos = new Set(paths.flatMap(path => [path, `${path} (deleted)`]));
  const ancestors = ancestorsOf(process.pid, table);
  return [...table.all()].filter(stat => {
    const {pid, sid, ppid} = stat;
    if (sid !== pid || !ancestors.has(ppid) || ancestors.has(pid) || hasEnded(stat)) return false;
    return OUTPUTS.some(fd => fifos.has(pathOf(pid, fd) ?? ''));
  });
}

/** Returns the run to whose FIFOs a process writes its output; undefined if no such run is known. */
export function runOfOutput(pid: number, runs: Runs): Run | undefined {
  for (const fd of OUTPUTS) {
    try {
      const [token = '', stream] = basename(readlinkSync(`/proc/${pid}/fd/${fd}`)).split('.');
      const run = STREAMS.some(one => one === stream) ? runs.get(token) : undefined;
      if (run) return run;
    } catch (error) {
      // The process has closed that descriptor, or belongs to another user.
      if (isShortage(error)) throw error;
    }
  }
  return undefined;
}
