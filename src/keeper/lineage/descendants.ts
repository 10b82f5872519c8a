/**
 * Descent of processes by events of the process connector: every process forked by a run's main process or by its
 * descendants, whatever they do afterwards. All kernel access goes through the host.
 */
import {equip} from '../runs/life.ts';
import type {FormerParent} from '../../link/facts.ts';
import type {Runs} from '../runs/runs.ts';
import type {Lineage, Run} from '../runs/run.ts';
import type {ConnectorEvent} from '../../posix/connector-messages.ts';

export interface DescendantsHost {
  readonly self: number;
  readonly runs: Runs;
  /** Returns whether libuv waits for this child, which belongs to no run. */
  isSpawned(pid: number): boolean;
  /** Returns what is readable of a process; null if the process is gone or a zombie. */
  findProcess(pid: number): Looked | null;
  /** Returns whether an unreadable process exists after all: /proc shows it to others only. */
  isHidden(pid: number): boolean;
  /** Feeds all pending events. */
  catchUp(): void;
}

export interface Looked {
  /** Null: unreadable for lack of a descriptor. */
  readonly startTime: string | null;
  readonly name: string;
}

/** Name of a process that was gone before its name was read. */
export const NO_NAME = '?';

/** The processes of one run. */
class Family implements Lineage {
  readonly #host: DescendantsHost;
  /** Null for processes that the keeper seems to have forked and whose run is unknown. */
  readonly run: Run | null;
  readonly pids = new Set<number>();
  gap: string | null = null;
  /** Clock ticks since boot; all processes of this run that started later are known. */
  readonly since: number;

  constructor(host: DescendantsHost, run: Run | null, since: number) {
    this.#host = host;
    this.run = run;
    this.since = since;
  }

  known(): ReadonlySet<number> {
    this.#host.catchUp();
    return this.pids;
  }

  isAlive(): boolean {
    for (const pid of this.known()) {
      if (this.#host.findProcess(pid) !== null) return true;
      // The process can't be watched, so it is not waited for: it may live for ever.
      if (this.#host.isHidden(pid))
        this.gap ??= `its process ${pid}, which this user can't see (/proc is mounted with hidepid), may be alive`;
      this.pids.delete(pid);
    }
    return false;
  }
}

interface ProcessRecord {
  family: Family;
  readonly parent: number;
  /** Null if unknown or forgotten. */
  parentRecord: ProcessRecord | null;
  /** Untrusted. */
  name: string;
}

const childOf = (parent: number, record: ProcessRecord): ProcessRecord => ({
  family: record.family,
  parent,
  parentRecord: record,
  name: record.name,
});

export class Descendants {
  readonly #host: DescendantsHost;
  readonly #living = new Map<number, ProcessRecord>();
  /** Processes that ended lately: children that they left behind, and their own zombies, still need the records. */
  #ended = new Map<number, ProcessRecord>();
  #endedBefore = new Map<number, ProcessRecord>();
  /** Processes whose first thread has ended while others go on: no event reports their end. */
  readonly #leaderless = new Set<number>();
  readonly #families = new Map<Run, Family>();
  readonly #unclaimed: Family;

  constructor(host: DescendantsHost) {
    this.#host = host;
    this.#unclaimed = new Family(host, null, -1);
  }

  /** Follows all descendants of the run's main process from its fork on, whose event is still to come. */
  follow(run: Run): void {
    this.#addRun(run, -1);
  }

  /** Follows a run that began before the subscription, from `since` on (clock ticks since boot). */
  takeUp(run: Run, since: number): void {
    this.#addRun(run, since);
  }

  /** Adds a process that was found of an adopted run. Returns whether it was unknown. */
  include(run: Run, pid: number): boolean {
    const family = this.#families.get(run);
    const name = family && !this.#living.has(pid) ? this.#host.findProcess(pid)?.name : undefined;
    if (family === undefined || name === undefined) return false;
    this.#add(pid, {family, parent: 0, parentRecord: null, name});
    return true;
  }

  /** Sets why not all processes of an adopted run may have been found. */
  setGap(run: Run, gap: string | null): void {
    const family = this.#families.get(run);
    if (family) family.gap = gap;
  }

  /**
   * Returns whether a child of the keeper that is not known to be the run's can't belong to it. A child that the keeper
   * seems to have forked may belong to any run ({@link claim}).
   *
   * @param startTicks start time of the child
   */
  excludes(run: Run, pid: number, startTicks: number): boolean {
    const family = this.#families.get(run);
    if (family === undefined || family.gap !== null || startTicks <= family.since) return false;
    return this.#find(pid)?.family !== this.#unclaimed;
  }

  forget(run: Run): void {
    this.#families.delete(run);
  }

  feed(event: ConnectorEvent): void {
    const {tgid} = event;
    if (event.type === 'fork') {
      if (event.pid === tgid) this.#forked(event.parent, tgid);
      return;
    }
    const record = this.#living.get(tgid);
    if (record === undefined) return;
    if (event.type === 'exec') record.name = this.#host.findProcess(tgid)?.name ?? NO_NAME;
    if (event.type !== 'exit' || event.pid !== tgid) return;
    // Other threads may go on without the leader of the thread group, and fork.
    if (this.#host.findProcess(tgid) === null) this.#remove(tgid, record);
    else this.#leaderless.add(tgid);
  }

  /** Returns the run of a process that lives or has just ended; null if no run of it is known. */
  runOf(pid: number): Run | null {
    const run = this.#find(pid)?.family.run ?? null;
    return run !== null && this.#host.runs.get(run.token) === run ? run : null;
  }

  /** Returns the original parent of a process; null if unknown. */
  parentOf(pid: number): FormerParent | null {
    const record = this.#find(pid);
    return record?.parentRecord ? {pid: record.parent, name: record.parentRecord.name} : null;
  }

  /**
   * Assigns a child of the keeper that the keeper did not start to a run. A process may make a child its own sibling
   * (CLONE_PARENT of clone(2)): then the kernel reports a fork by the keeper.
   */
  claim(pid: number, run: Run): void {
    const record = this.#find(pid);
    if (record?.family !== this.#unclaimed) return;
    const family = this.#families.get(run);
    if (family === undefined) return;
    for (const [child, one] of this.#living) {
      if (child !== pid && this.#rootOf(child) !== pid) continue;
      one.family = family;
      family.pids.add(child);
    }
  }

  /**
   * Handles a loss of events. A living process that began before `ticks` (since boot) is still the recorded one; forks
   * are reported again from now on.
   *
   * @param childrenOf returns the processes that a process has forked meanwhile
   */
  lost(ticks: number, childrenOf: (pid: number) => Iterable<number>): void {
    for (const family of this.#families.values())
      family.gap ??= 'events of the process connector were lost while it ran (its queue was full)';
    for (const [pid, record] of this.#living) {
      const startTime = this.#host.findProcess(pid)?.startTime ?? null;
      if (startTime === null || Number(startTime) > ticks) this.#remove(pid, record);
    }
    // These pids may belong to other processes by now.
    this.#ended.clear();
    this.#endedBefore.clear();
    // The iteration includes entries that are added meanwhile.
    for (const [pid, record] of this.#living) {
      for (const child of childrenOf(pid)) if (!this.#living.has(child)) this.#add(child, childOf(pid, record));
    }
  }

  /** Forgets processes that ended before the last call. To be called periodically. */
  forgetEnded(): void {
    for (const pid of this.#leaderless) {
      const record = this.#living.get(pid);
      if (record === undefined) this.#leaderless.delete(pid);
      else if (this.#host.findProcess(pid) === null) this.#remove(pid, record);
    }
    // Otherwise a chain of processes that fork and end would keep all its ancestors in memory.
    for (const record of this.#endedBefore.values()) record.parentRecord = null;
    this.#endedBefore = this.#ended;
    this.#ended = new Map();
  }

  #addRun(run: Run, since: number): void {
    const family = new Family(this.#host, run, since);
    this.#families.set(run, family);
    equip(run, {lineage: family});
  }

  #forked(parent: number, pid: number): void {
    // The earlier process with this pid has ended, although no event reported that.
    const before = this.#living.get(pid);
    if (before) this.#remove(pid, before);
    this.#ended.delete(pid);
    this.#endedBefore.delete(pid);
    const record = this.#find(parent);
    if (record) this.#add(pid, childOf(parent, record));
    else if (parent === this.#host.self) this.#forkedByKeeper(pid);
  }

  #forkedByKeeper(pid: number): void {
    const {runs, self} = this.#host;
    const run = runs.ofPid(pid);
    const family = run && this.#families.get(run);
    if (family)
      this.#add(pid, {family, parent: self, parentRecord: null, name: this.#host.findProcess(pid)?.name ?? NO_NAME});
    else if (!run && !this.#host.isSpawned(pid))
      this.#add(pid, {family: this.#unclaimed, parent: self, parentRecord: null, name: NO_NAME});
  }

  #add(pid: number, record: ProcessRecord): void {
    this.#living.set(pid, record);
    record.family.pids.add(pid);
  }

  #remove(pid: number, record: ProcessRecord): void {
    this.#living.delete(pid);
    this.#leaderless.delete(pid);
    record.family.pids.delete(pid);
    this.#ended.set(pid, record);
  }

  #find(pid: number): ProcessRecord | undefined {
    return this.#living.get(pid) ?? this.#ended.get(pid) ?? this.#endedBefore.get(pid);
  }

  /** Returns the child of the keeper from which a process descends. */
  #rootOf(pid: number): number {
    let root = pid;
    for (let generations = 0; generations < 64; generations++) {
      const parent = this.#find(root)?.parent;
      if (parent === undefined || parent === this.#host.self) return root;
      root = parent;
    }
    return root;
  }
}
