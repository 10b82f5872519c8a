/**
 * Who comes from whom, as the process connector tells it: every process that a run's main process has forked, and those have,
 * whatever they do afterwards. Nothing here asks the kernel but by its host.
 */
import {equip} from '../runs/life.ts';
import type {FormerParent} from '../../link/facts.ts';
import type {Runs} from '../runs/runs.ts';
import type {Lineage, Run} from '../runs/run.ts';
import type {ConnectorEvent} from '../../posix/connector-messages.ts';

export interface DescendantsHost {
  readonly self: number;
  readonly runs: Runs;
  /** Whether libuv waits for this child, which is no run's. */
  isSpawned(pid: number): boolean;
  /** What there is of a process; null: it is gone, or waits to be waited for. */
  findProcess(pid: number): Looked | null;
  /** Whether it is there all the same, where there is nothing of it: /proc shows it to others only. */
  isHidden(pid: number): boolean;
  /** Feeds all events that have come by now. */
  catchUp(): void;
}

export interface Looked {
  /** Null: it could not be read, for want of a descriptor. */
  readonly startTime: string | null;
  readonly name: string;
}

/** Of one that was gone before it could be asked. */
export const NO_NAME = '?';

/** The processes of one run. */
class Family implements Lineage {
  readonly #host: DescendantsHost;
  /** Null: they were forked by the keeper, as it seems, and nobody knows whose they are. */
  readonly run: Run | null;
  readonly pids = new Set<number>();
  gap: string | null = null;
  /** Clock ticks since boot; a process of this run that started later is known. */
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
      // It can't be watched, so it is not waited for: it may live for ever.
      if (this.#host.isHidden(pid))
        this.gap ??= `process ${pid} of it, which this user can't see (/proc is mounted with hidepid), may live`;
      this.pids.delete(pid);
    }
    return false;
  }
}

interface ProcessRecord {
  family: Family;
  readonly parent: number;
  /** Null: none that is known, or forgotten. */
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
  /** Those that have ended lately: a child that they left behind, or their own zombie, may ask for them. */
  #ended = new Map<number, ProcessRecord>();
  #endedBefore = new Map<number, ProcessRecord>();
  /** Their first threads have ended, others went on: no event tells of the end. */
  readonly #leaderless = new Set<number>();
  readonly #families = new Map<Run, Family>();
  readonly #unclaimed: Family;

  constructor(host: DescendantsHost) {
    this.#host = host;
    this.#unclaimed = new Family(host, null, -1);
  }

  /** From its fork on, which is about to be told, all that comes from the main process of that run is known. */
  follow(run: Run): void {
    this.#addRun(run, -1);
  }

  /** The same for a run that began before anybody listened, from `since` on (clock ticks since boot). */
  takeUp(run: Run, since: number): void {
    this.#addRun(run, since);
  }

  /** A process of a run that was taken up was found; answers whether it was not known. */
  include(run: Run, pid: number): boolean {
    const family = this.#families.get(run);
    const name = family && !this.#living.has(pid) ? this.#host.findProcess(pid)?.name : undefined;
    if (family === undefined || name === undefined) return false;
    this.#add(pid, {family, parent: 0, parentRecord: null, name});
    return true;
  }

  /** Why not all of a run that was taken up may have been found. */
  setGap(run: Run, gap: string | null): void {
    const family = this.#families.get(run);
    if (family) family.gap = gap;
  }

  /**
   * Whether a child of the keeper that is not known as the run's can't be of it. `startTicks`: when it started. What seems to
   * have been forked by the keeper may be of any run ({@link claim}).
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
    // Others of its threads may go on without the one that led it, and fork.
    if (this.#host.findProcess(tgid) === null) this.#remove(tgid, record);
    else this.#leaderless.add(tgid);
  }

  /** The run that a process comes from that lives, or has ended a moment ago; null: from none that is known. */
  runOf(pid: number): Run | null {
    const run = this.#find(pid)?.family.run ?? null;
    return run !== null && this.#host.runs.get(run.token) === run ? run : null;
  }

  /** Whose child it was at first. */
  parentOf(pid: number): FormerParent | null {
    const record = this.#find(pid);
    return record?.parentRecord ? {pid: record.parent, name: record.parentRecord.name} : null;
  }

  /**
   * A child of the keeper that it did not start turns out to be that run's. A process may make a child a
   * sibling of its own (CLONE_PARENT of clone(2)): then the kernel tells of a fork by the keeper.
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
   * Events were lost. Whoever began before `ticks` (since boot) and lives is who it was then; from now on, forks are known
   * again. `childrenOf` answers what a process has forked meanwhile.
   */
  lost(ticks: number, childrenOf: (pid: number) => Iterable<number>): void {
    for (const family of this.#families.values())
      family.gap ??= 'events of the process connector were lost while it ran (its queue was full)';
    for (const [pid, record] of this.#living) {
      const startTime = this.#host.findProcess(pid)?.startTime ?? null;
      if (startTime === null || Number(startTime) > ticks) this.#remove(pid, record);
    }
    // Any of those pids may be another's by now.
    this.#ended.clear();
    this.#endedBefore.clear();
    // A map that grows is walked to its end.
    for (const [pid, record] of this.#living) {
      for (const child of childrenOf(pid)) if (!this.#living.has(child)) this.#add(child, childOf(pid, record));
    }
  }

  /** To be called now and then: forgets those that ended before the last call. */
  forgetEnded(): void {
    for (const pid of this.#leaderless) {
      const record = this.#living.get(pid);
      if (record === undefined) this.#leaderless.delete(pid);
      else if (this.#host.findProcess(pid) === null) this.#remove(pid, record);
    }
    // Else whoever forks and ends again and again would have all its ancestors remembered.
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
    // Whatever had that pid has ended, though nobody told.
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

  /** The child of the keeper that a process comes from. */
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
