/**
 * The processes that a fleet may have to do with, in one pass over /proc: those of the supervisor's own user and of root, of
 * users whom a worker runs or ran as, and whatever descends from the supervisor. Of all others nothing is read for which the
 * kernel may wait ({@link readStatus}): a stranger must not hold up who looks at the machine.
 */
import {readStat, type Stat} from './stat.ts';
import {readStatus} from './status.ts';
import {listPids, ProcessTable} from './table.ts';

const users = new Set<number>([0, process.getuid?.() ?? 0]);

/** The processes that were the fleet's own at the last pass: pid to start time. They need not be asked who they are. */
let known: ReadonlyMap<number, string> = new Map();

/** From now on that user's processes may be the fleet's. */
export const noteUser = (uid: number): void => void users.add(uid);

/** The same for whoever runs as that process: a main process that an earlier supervisor has started. */
export function noteUserOf(pid: number): void {
  const uid = readStatus(pid)?.uid;
  if (uid !== undefined) users.add(uid);
}

/**
 * Reads them. Those that end meanwhile are left out.
 *
 * @param except processes that are known to be the fleet's own, and are not to be read
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

/** Whether a process is below one of those: keeper, controller, and the anchor above them. Each parent is followed once. */
function descentFrom(roots: readonly number[], parents: ReadonlyMap<number, number>): (pid: number) => boolean {
  // The first process adopts everybody's orphans.
  const answers = new Map<number, boolean>(roots.filter(pid => pid > 1).map(pid => [pid, true]));
  return pid => {
    const path: number[] = [];
    let at = pid;
    // A reading is no instant: parents that were read at different times may form a circle.
    for (; at > 1 && !answers.has(at); at = parents.get(at) ?? 0) {
      answers.set(at, false);
      path.push(at);
    }
    const answer = answers.get(at) ?? false;
    for (const one of path) answers.set(one, answer);
    return answer;
  };
}
