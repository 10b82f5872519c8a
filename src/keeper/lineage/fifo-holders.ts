/**
 * Whose output goes to the FIFOs of a run: of a process that was forked just before its keeper died, and then wrote a
 * title over its environment, no more may be left to know it by.
 */
import {readlinkSync, realpathSync} from 'node:fs';
import {basename} from 'node:path';
import type {Runs} from '../runs/runs.ts';
import type {Run} from '../runs/run.ts';
import {fifoPath, STREAMS} from '../../logs/layout.ts';
import {hasEnded, isShortage, type Stat} from '../../process/stat.ts';
import type {ProcessTable} from '../../process/table.ts';

const OUTPUTS = [1, 2];

/** The path of a process's descriptor, as the kernel knows it: stat(2) of the same would ask its file system, which may not answer. */
function pathOf(pid: number, fd: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`);
  } catch (error) {
    if (isShortage(error)) throw error;
    return null;
  }
}

/** A process and all that are above it. */
function ancestorsOf(pid: number, table: ProcessTable): Set<number> {
  const found = new Set<number>();
  for (let at = pid; at > 0 && !found.has(at); at = table.get(at)?.ppid ?? 0) found.add(at);
  return found;
}

/**
 * Processes that can only be the main process of a run that was not recorded: the FIFO is their standard output or
 * error, they lead a session of their own, as each main process does, and they fell to one above this keeper, as the
 * children of a keeper do. Others were given the descriptor, and may be anybody.
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

/** The run to whose FIFOs a process writes its output; undefined: to none that is known. */
export function runOfOutput(pid: number, runs: Runs): Run | undefined {
  for (const fd of OUTPUTS) {
    try {
      const [token = '', stream] = basename(readlinkSync(`/proc/${pid}/fd/${fd}`)).split('.');
      const run = STREAMS.some(one => one === stream) ? runs.get(token) : undefined;
      if (run) return run;
    } catch (error) {
      // It has closed that one, or is another user's.
      if (isShortage(error)) throw error;
    }
  }
  return undefined;
}
