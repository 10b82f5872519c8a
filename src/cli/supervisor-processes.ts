/** The processes of a fleet's supervisor, so that a client can wait for their end. */
import {readFileSync} from 'node:fs';
import {processAlive, readLock} from '../control/lock.ts';
import {CliError, ExitCode} from './errors.ts';

const POLL_MS = 10;
/** When the workers are down, nothing is left that could take long. */
const PATIENCE_MS = 30_000;

export interface SupervisorProcess {
  readonly what: 'keeper' | 'anchor';
  readonly pid: number;
  readonly startTime: string | null;
}

/** Anchor and keeper as the lock file names them; the anchor's start time is looked up while it lives. */
export function supervisorOf(folder: string): readonly SupervisorProcess[] {
  const lock = readLock(folder);
  if (!lock) return [];
  const keeper = {what: 'keeper' as const, pid: lock.pid, startTime: lock.startTime};
  if (lock.anchor === null) return [keeper];
  return [keeper, {what: 'anchor', pid: lock.anchor, startTime: lock.anchorStartTime ?? startTimeOf(lock.anchor)}];
}

function startTimeOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

/** @throws CliError if they outlive what they were there for. */
export async function waitUntilGone(processes: readonly SupervisorProcess[]): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const alive = processes.filter(({pid, startTime}) => processAlive(pid, startTime));
    if (alive.length === 0) return;
    if (performance.now() > end) {
      const names = alive.map(({what, pid}) => `${what} ${pid}`).join(' and ');
      throw new CliError(ExitCode.failed, `the workers are down, but ${names} did not end; \`kill\` ends it`);
    }
    await new Promise(resolve => setTimeout(resolve, POLL_MS));
  }
}
