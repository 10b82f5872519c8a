/**
 * Membership of processes in runs. With a cgroup, the kernel records it; with the process connector, the kernel has
 * reported every fork. Without both, these are signs of it: descent from the main process or from a known member; the
 * session or process group; the token in the initial environment (which a process may have overwritten, so its absence
 * means nothing).
 */
import {basename} from 'node:path';
import {livingAnchor} from '../anchor/anchor.ts';
import {cgroupMembers, isPopulated} from '../cgroup/cgroup.ts';
import {runOfOutput} from './fifo-holders.ts';
import type {Runs} from '../runs/runs.ts';
import {firstStartOf, type Run} from '../runs/run.ts';
import {cgroupOf, environmentValue, childrenOf} from '../../process/proc-files.ts';
import {readFleetTable} from '../../process/fleet-table.ts';
import {hasEnded, readStat, type Stat} from '../../process/stat.ts';
import type {ProcessTable} from '../../process/table.ts';

export interface Member {
  readonly pid: number;
  readonly startTime: string;
  readonly name: string;
}

const memberOf = (stat: Stat): Member => ({pid: stat.pid, startTime: stat.startTime, name: stat.comm});

export const TOKEN_VARIABLE = 'BROOD_RUN';

/**
 * One scan of the machine, shared by all runs that are examined in the same turn of the event loop. To be discarded at
 * its end: the scan is true only as long as nothing has happened since.
 */
export class ProcessScan {
  #table: ProcessTable | null = null;
  #children: readonly number[] | null = null;
  #tagged: Map<string, Stat[]> | null = null;
  #family: Set<number> | null = null;

  constructor(table: ProcessTable | null = null) {
    this.#table = table;
  }

  table(): ProcessTable {
    return (this.#table ??= readFleetTable());
  }

  /** Returns the keeper's own children, zombies included. */
  children(): readonly number[] {
    return (this.#children ??= childrenOf(process.pid));
  }

  /**
   * Returns every process that descends from the keeper or from its anchor, which get all orphans below them. As long
   * as both live, no other process has ever belonged to this fleet.
   */
  family(): ReadonlySet<number> {
    const roots = [process.pid, livingAnchor() ?? process.pid];
    return (this.#family ??= new Set(roots.flatMap(pid => this.table().treeOf(pid)).map(({pid}) => pid)));
  }

  /** Returns the living processes with the token in their environment. All environments are read once for all runs. */
  tagged(token: string): readonly Stat[] {
    if (this.#tagged === null) {
      this.#tagged = new Map();
      for (const stat of this.table().all()) {
        const tag = hasEnded(stat) ? null : environmentValue(stat.pid, TOKEN_VARIABLE);
        if (tag === null) continue;
        const same = this.#tagged.get(tag);
        if (same) same.push(stat);
        else this.#tagged.set(tag, [stat]);
      }
    }
    return this.#tagged.get(token) ?? [];
  }
}

/** Compares start times in clock ticks. No process of a run is older than its main process. */
const isYounger = (stat: Stat, run: Run): boolean => Number(stat.startTime) >= Number(run.startTime ?? NaN);

/** Returns the run after whose main process a session or process group is named. */
function runOfName(name: number, stat: Stat, runs: Runs): Run | undefined {
  const run = runs.ofPid(name);
  if (!run || !isYounger(stat, run)) return undefined;
  // The kernel does not reuse a pid that names a session or a group: if another process has the pid, that process also
  // named the session and the group.
  const leader = readStat(name);
  return leader === null || leader.startTime === run.startTime ? run : undefined;
}

/**
 * Returns the run that the kernel itself records for a process: by its cgroup, or by the session or group of a living
 * main process.
 */
export function certainRunOf(stat: Stat, runs: Runs): Run | undefined {
  const cgroup = cgroupOf(stat.pid);
  const inside = cgroup === null ? undefined : runs.ofCgroup(cgroup);
  if (inside) return inside;
  const named = runOfName(stat.sid, stat, runs) ?? runOfName(stat.pgid, stat, runs);
  return named?.exit === null ? named : undefined;
}

/** Returns the run of a process that became the keeper's child without having been spawned by the keeper. */
export function runOfOrphan(stat: Stat, runs: Runs): Run | undefined {
  const certain = certainRunOf(stat, runs);
  if (certain) return certain;
  const named = runOfName(stat.sid, stat, runs) ?? runOfName(stat.pgid, stat, runs);
  // The number of a session whose leader is gone for good may have been reused: contrary evidence counts more.
  const tagged = runs.get(environmentValue(stat.pid, TOKEN_VARIABLE) ?? '') ?? runOfOutput(stat.pid, runs);
  return tagged !== undefined && Number(stat.startTime) >= (firstStartOf(tagged) ?? 0) ? tagged : named;
}

/**
 * Returns whether a process belongs to the run if its session or group bears the number of a main process that is gone.
 * Once all processes of the run have ended, a stranger may get that number, name a session after it, and leave others
 * behind in that session.
 */
function isOfGoneMain(stat: Stat, run: Run, look: ProcessScan, held: boolean): boolean {
  if (!isYounger(stat, run)) return false;
  // The session holds a process that was seen in it while it was the run's, so the number was never free.
  if (held) return true;
  const tag = environmentValue(stat.pid, TOKEN_VARIABLE);
  return tag === run.token || (tag === null && look.family().has(stat.pid));
}

/** More generations than any process tree has. */
const GENERATIONS = 64;

/**
 * Returns whether one process belongs to the run, without a scan of all others: by its cgroup, lineage, ancestors,
 * session and group, or by the token in its environment. Returns false for some processes that {@link membersOf} finds.
 */
export function isMember(stat: Stat, run: Run): boolean {
  if (stat.startTime === run.startTime && stat.pid === run.pid) return true;
  if (run.cgroup !== null && cgroupOf(stat.pid)?.split('/').includes(basename(run.cgroup)) === true) return true;
  if (run.lineage?.known().has(stat.pid) === true) return true;
  const main = run.pid === null ? null : readStat(run.pid);
  const isMainThere = main !== null && main.startTime === run.startTime;
  if (isMainThere && isYounger(stat, run) && (stat.sid === run.pid || stat.pgid === run.pid)) return true;
  let ancestor: Stat | null = stat;
  for (let i = 0; ancestor !== null && i < GENERATIONS; i++) {
    const {pid, startTime, ppid}: Stat = ancestor;
    if ((isMainThere && pid === run.pid) || run.orphans.get(pid) === startTime || run.known.get(pid) === startTime)
      return true;
    ancestor = ppid <= 1 || ppid === process.pid ? null : readStat(ppid);
  }
  return environmentValue(stat.pid, TOKEN_VARIABLE) === run.token;
}

/** Returns the processes whose session or group is named after a run's main process. */
function namedAfterMain(run: Run, look: ProcessScan): Stat[] {
  const table = look.table();
  const main = run.pid === null ? undefined : table.get(run.pid);
  if (run.pid === null || (main && main.startTime !== run.startTime)) return [];
  const named = [...table.all()].filter(({sid, pgid}) => sid === run.pid || pgid === run.pid);
  if (main) return named;
  const known = ({pid, startTime}: Stat): boolean =>
    run.known.get(pid) === startTime || run.orphans.get(pid) === startTime;
  const held = named.some(known);
  return named.filter(stat => isOfGoneMain(stat, run, look, held));
}

/** Returns the living processes of a run, without its main process. */
export function membersOf(run: Run, look: ProcessScan): Member[] {
  const found = new Map<number, Stat>();
  const table = look.table();
  const add = (stat: Stat): void => {
    if (hasEnded(stat) || (stat.pid === run.pid && stat.startTime === run.startTime)) return;
    found.set(stat.pid, stat);
  };
  const addTree = ({pid}: Stat): void => table.treeOf(pid).forEach(add);
  if (run.pid !== null && table.get(run.pid)?.startTime === run.startTime) table.treeOf(run.pid).forEach(add);
  namedAfterMain(run, look).forEach(addTree);
  for (const [pid, startTime] of [...run.orphans, ...run.known]) {
    const stat = table.get(pid);
    if (stat?.startTime === startTime) addTree(stat);
  }
  // Orphans that fall to another process than this one (of an earlier keeper's workers, to the anchor) have no telling
  // ancestry.
  if (run.adopted || run.astray) look.tagged(run.token).forEach(addTree);
  if (run.cgroup !== null) {
    for (const pid of cgroupMembers(run.cgroup)) {
      const stat = table.get(pid) ?? readStat(pid);
      if (stat) add(stat);
    }
  }
  // The lineage includes events since the scan: a pid in it belongs to no other process.
  for (const pid of run.lineage?.known() ?? []) {
    const stat = table.get(pid) ?? readStat(pid);
    if (stat) {
      add(stat);
      addTree(stat);
    }
  }
  return [...found.values()].map(memberOf);
}

/**
 * Returns whether a process of a run whose main process has ended may still live. Cheap, and false is always right:
 * orphans of a child become children of the keeper, its subreaper, before its end is reported. If the keeper is no
 * subreaper, returns true.
 */
export function mayLive(run: Run, look: ProcessScan, isKnown: (pid: number) => boolean): boolean {
  if (run.adopted || run.astray || run.orphans.size > 0) return true;
  if (run.cgroup !== null && isPopulated(run.cgroup)) return true;
  if (run.lineage?.isAlive() === true) return true;
  return look.children().some(pid => !isKnown(pid));
}
