/**
 * Who belongs to a run. With a cgroup, the kernel says so. Without, these are signs of it: being a descendant of its
 * main process or of an orphan that is known to be its; its session or process group; the token in the environment it
 * was started with (which a process may have overwritten, so its absence means nothing).
 */
import {cgroupMembers, isPopulated} from './cgroup.ts';
import type {Run, Runs} from './run.ts';
import {cgroupOf, environmentValue, childrenOf} from '../process/facts.ts';
import {readStat, type Stat} from '../process/stat.ts';
import {readProcessTable, type ProcessTable} from '../process/table.ts';

export interface Member {
  readonly pid: number;
  readonly startTime: string;
  readonly name: string;
}

const lives = (stat: Stat): boolean => stat.state !== 'Z' && stat.state !== 'X';
const memberOf = (stat: Stat): Member => ({pid: stat.pid, startTime: stat.startTime, name: stat.comm});

export const TOKEN_VARIABLE = 'BROOD_RUN';

/**
 * One look at the machine, shared by all runs that are looked at in the same turn of the event loop. To be thrown away
 * at its end: what it says is true only as long as nothing has happened since.
 */
export class Look {
  #table: ProcessTable | null = null;
  #children: readonly number[] | null = null;
  #tagged: Map<string, Stat[]> | null = null;

  table(): ProcessTable {
    return (this.#table ??= readProcessTable());
  }

  /** The keeper's own children, zombies included. */
  children(): readonly number[] {
    return (this.#children ??= childrenOf(process.pid));
  }

  /** The living processes that carry a token in their environment: all environments are read once for all runs. */
  tagged(token: string): readonly Stat[] {
    if (this.#tagged === null) {
      this.#tagged = new Map();
      for (const stat of this.table().all()) {
        const tag = lives(stat) ? environmentValue(stat.pid, TOKEN_VARIABLE) : null;
        if (tag === null) continue;
        const same = this.#tagged.get(tag);
        if (same) same.push(stat);
        else this.#tagged.set(tag, [stat]);
      }
    }
    return this.#tagged.get(token) ?? [];
  }
}

/** Which run a process belongs to that became the keeper's child without having been spawned by it. */
export function runOfOrphan(stat: Stat, runs: Runs): Run | undefined {
  const cgroup = cgroupOf(stat.pid);
  const inCgroup = cgroup?.split('/').findLast(name => runs.get(name));
  return (
    (inCgroup === undefined ? undefined : runs.get(inCgroup)) ??
    runs.ofPid(stat.sid) ??
    runs.ofPid(stat.pgid) ??
    runs.get(environmentValue(stat.pid, TOKEN_VARIABLE) ?? '')
  );
}

/** The living processes of a run, without its main process. */
export function membersOf(run: Run, look: Look): Member[] {
  const found = new Map<number, Stat>();
  const table = look.table();
  const add = (stat: Stat): void => {
    if (!lives(stat) || (stat.pid === run.pid && stat.startTime === run.startTime)) return;
    found.set(stat.pid, stat);
  };
  if (run.pid !== null) {
    const main = table.get(run.pid);
    if (main?.startTime === run.startTime) table.treeOf(run.pid).forEach(add);
    // A pid that names a session or a group is not given away: where another process has it, so are they that one's.
    // And once the main process of an earlier keeper is gone, its cgroup is the better witness.
    const named = main ? main.startTime === run.startTime : !run.adopted || run.cgroup === null;
    for (const stat of named ? table.all() : [])
      if (stat.sid === run.pid || stat.pgid === run.pid) table.treeOf(stat.pid).forEach(add);
  }
  for (const [pid, startTime] of run.orphans) {
    if (table.get(pid)?.startTime === startTime) table.treeOf(pid).forEach(add);
  }
  // After the end of another keeper, orphans of its workers are the anchor's: their ancestry tells nothing any more.
  if (run.adopted) for (const stat of look.tagged(run.token)) table.treeOf(stat.pid).forEach(add);
  if (run.cgroup !== null) {
    for (const pid of cgroupMembers(run.cgroup)) {
      const stat = table.get(pid) ?? readStat(pid);
      if (stat) add(stat);
    }
  }
  return [...found.values()].map(memberOf);
}

/** The same for a run that was found after its keeper died: its token may be all that is left of it. */
export const taggedWith = (token: string, look: Look): Member[] => look.tagged(token).map(memberOf);

/**
 * Whether something of a run whose main process has ended may still live; cheap, and never wrong in saying no: orphans
 * of a child become children of the keeper, its subreaper, before its end is reported.
 */
export function mayLive(run: Run, look: Look, isKnown: (pid: number) => boolean): boolean {
  if (run.adopted || run.orphans.size > 0) return true;
  if (run.cgroup !== null && isPopulated(run.cgroup)) return true;
  return look.children().some(pid => !isKnown(pid));
}
