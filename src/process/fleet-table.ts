/**
 * The processes that may belong to a fleet, in one pass over /proc: those of the supervisor's own user and of root, of
 * users that a worker runs or ran as, and all descendants of the supervisor. For all other processes only files are
 * read for which the kernel never waits ({@link readStatus}): a stranger must not block the reader.
 */
import {readStat, type Stat} from './stat.ts';
import {readStatus} from './status.ts';
import {listPids, ProcessTable} from './table.ts';

const users = new Set<number>([0, process.getuid?.() ?? 0]);

/** The processes in the table of the last pass: pid to start time. Their users need not be read again. */
let known: ReadonlyMap<number, string> = new Map();

/** Adds a user whose processes may be the fleet's. */
export const noteUser = (uid: number): void => void users.add(uid);

/** Adds the user of a process: a main process that an earlier supervisor started. */
export function noteUserOf(pid: number): void {
  const uid = readStatus(pid)?.uid;
  if (uid !== undefined) users.add(uid);
}

/**
 * Reads the table. Processes that end meanwhile are left out.
 *
 * @param except known processes of the fleet, which are not read
 */
export function readFleetTable(except: ReadonlySet<number> = new Set()): ProcessTable {
  const stats = new Map<number, Stat>();
  const parents = new Map<number, number>();
  const strangers: number[] = [];
  for (const pid of listPids()) {
    if (except.has(pid)) continue;
    const before = known.get(pid);
    const stat = before === undefined ? null : readStat(pid);
    if (stat !== null && stat.startTime === before) {
      stats.set(pid, stat);
      parents.set(pid, stat.ppid);
      continue;
    }
    const status = readStatus(pid);
    if (status === null) continue;
    parents.set(pid, status.ppid);
    if (users.has(status.uid)) addTo(stats, pid);
    else strangers.push(pid);
  }
  const grandparent = parents.get(process.ppid) ?? process.pid;
  const descends = descentFrom([process.pid, process.ppid, grandparent, ...except], parents);
  for (const pid of strangers) if (descends(pid)) addTo(stats, pid);
  known = new Map(Array.from(stats, ([pid, {startTime}]) => [pid, startTime]));
  return new ProcessTable(stats.values());
}

function addTo(stats: Map<number, Stat>, pid: number): void {
  const stat = readStat(pid);
  if (stat !== null) stats.set(pid, stat);
}

/** Returns a test for descent from keeper, controller, anchor or `except`. Each parent is followed once. */
function descentFrom(roots: readonly number[], parents: ReadonlyMap<number, number>): (pid: number) => boolean {
  // Pid 1 is no root: it adopts the orphans of all processes.
  const answers = new Map<number, boolean>(roots.filter(pid => pid > 1).map(pid => [pid, true]));
  return pid => {
    const path: number[] = [];
    let at = pid;
    // A pass is not atomic: parents read at different times may form a circle.
    for (; at > 1 && !answers.has(at); at = parents.get(at) ?? 0) {
      answers.set(at, false);
      path.push(at);
    }
    const answer = answers.get(at) ?? false;
    for (const one of path) answers.set(one, answer);
    return answer;
  };
}
