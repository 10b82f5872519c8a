/**
 * Who belongs to a run. With a cgroup, the kernel says so; with the process connector it has told of every fork. Without,
 * these are signs of it: being a descendant of its main process or of a process that is known to be its; its session or
 * process group; the token in the environment it was started with (which a process may have overwritten, so its absence
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
 * One look at the machine, shared by all runs that are looked at in the same turn of the event loop. To be thrown away
 * at its end: what it says is true only as long as nothing has happened since.
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

  /** The keeper's own children, zombies included. */
  children(): readonly number[] {
    return (this.#children ??= childrenOf(process.pid));
  }

  /**
   * Every process that descends from the keeper, or from its anchor: to them the kernel gives all that lose their
   * parents below. What is not among them has never been of this fleet, as long as they live.
   */
  family(): ReadonlySet<number> {
    const roots = [process.pid, livingAnchor() ?? process.pid];
    return (this.#family ??= new Set(roots.flatMap(pid => this.table().treeOf(pid)).map(({pid}) => pid)));
  }

  /** The living processes that carry a token in their environment: all environments are read once for all runs. */
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

/** Clock ticks at which a process was started. Nothing of a run is older than its main process. */
const isYounger = (stat: Stat, run: Run): boolean => Number(stat.startTime) >= Number(run.startTime ?? NaN);

/** The run that a session or process group is named after. */
function runOfName(name: number, stat: Stat, runs: Runs): Run | undefined {
  const run = runs.ofPid(name);
  if (!run || !isYounger(stat, run)) return undefined;
  // A pid that names a session or a group is not given away: where another process has it, so are they that one's.
  const leader = readStat(name);
  return leader === null || leader.startTime === run.startTime ? run : undefined;
}

/** The run to which the kernel itself gives a process: by its cgroup, or by the session or group of a main process that lives. */
export function certainRunOf(stat: Stat, runs: Runs): Run | undefined {
  const cgroup = cgroupOf(stat.pid);
  const inside = cgroup === null ? undefined : runs.ofCgroup(cgroup);
  if (inside) return inside;
  const named = runOfName(stat.sid, stat, runs) ?? runOfName(stat.pgid, stat, runs);
  return named?.exit === null ? named : undefined;
}

/** Which run a process belongs to that became the keeper's child without having been spawned by it. */
export function runOfOrphan(stat: Stat, runs: Runs): Run | undefined {
  const certain = certainRunOf(stat, runs);
  if (certain) return certain;
  const named = runOfName(stat.sid, stat, runs) ?? runOfName(stat.pgid, stat, runs);
  // The name of a session whose leader is gone for good may have been used once more: what contradicts it counts more.
  const tagged = runs.get(environmentValue(stat.pid, TOKEN_VARIABLE) ?? '') ?? runOfOutput(stat.pid, runs);
  return tagged !== undefined && Number(stat.startTime) >= (firstStartOf(tagged) ?? 0) ? tagged : named;
}

/**
 * Whether a process whose session or group bears the number of a main process that is gone is the run's. Once all of
 * the run have ended, a stranger may get that number and name a session after it, and leave others behind in it.
 */
function isOfGoneMain(stat: Stat, run: Run, look: ProcessScan, held: boolean): boolean {
  if (!isYounger(stat, run)) return false;
  // One that was seen in it while it was the run's is in it still, so the number was never free.
  if (held) return true;
  const tag = environmentValue(stat.pid, TOKEN_VARIABLE);
  return tag === run.token || (tag === null && look.family().has(stat.pid));
}

/** More generations than any family has. */
const GENERATIONS = 64;

/**
 * Whether one process is the run's, without a look at all others: by its cgroup, by what is known of it, by its
 * ancestors, session and group, or by the token in its environment. Of some that {@link membersOf} finds, it says no.
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

/** The processes whose session or group is named after a run's main process. */
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

/** The living processes of a run, without its main process. */
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
  // Orphans that fall to another than this process (of an earlier keeper's workers, to the anchor) have no ancestry that tells.
  if (run.adopted || run.astray) look.tagged(run.token).forEach(addTree);
  if (run.cgroup !== null) {
    for (const pid of cgroupMembers(run.cgroup)) {
      const stat = table.get(pid) ?? readStat(pid);
      if (stat) add(stat);
    }
  }
  // What has happened since the look is known by now: a pid among them is not another's.
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
 * Whether something of a run whose main process has ended may still live; cheap, and never wrong in saying no: orphans
 * of a child become children of the keeper, its subreaper, before its end is reported. Where the keeper is none, it says yes.
 */
export function mayLive(run: Run, look: ProcessScan, isKnown: (pid: number) => boolean): boolean {
  if (run.adopted || run.astray || run.orphans.size > 0) return true;
  if (run.cgroup !== null && isPopulated(run.cgroup)) return true;
  if (run.lineage?.isAlive() === true) return true;
  return look.children().some(pid => !isKnown(pid));
}
