/**
 * Whose output goes to the FIFOs of a run: of a process that was forked just before its keeper died, and then wrote a
 * title over its environment, no more may be left to know it by.
 */
import {readlinkSync, statSync, type Stats} from 'node:fs';
import {basename} from 'node:path';
import type {Run, Runs} from './run.ts';
import {fifoPath, STREAMS} from '../logs/layout.ts';
import {hasEnded, isShortage, type Stat} from '../process/stat.ts';
import type {ProcessTable} from '../process/table.ts';

const OUTPUTS = [1, 2];

function look(path: string): Stats | null {
  try {
    return statSync(path);
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
  const fifos = STREAMS.map(stream => look(fifoPath(folder, token, stream))).filter(stats => stats !== null);
  if (fifos.length === 0) return [];
  const ancestors = ancestorsOf(process.pid, table);
  return [...table.all()].filter(stat => {
    const {pid, sid, ppid} = stat;
    if (sid !== pid || !ancestors.has(ppid) || ancestors.has(pid) || hasEnded(stat)) return false;
    return OUTPUTS.some(fd => {
      const open = look(`/proc/${pid}/fd/${fd}`);
      return open !== null && fifos.some(({dev, ino}) => open.dev === dev && open.ino === ino);
    });
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
