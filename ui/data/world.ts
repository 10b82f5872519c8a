/** The data of all views: the machine's processes, the fleet, and the recent past of both. */
import type {WorkerReport} from '../../src/control/reports.ts';
import {readChannels} from '../../src/ipc/graph.ts';
import type {Snapshot} from '../../src/process/snapshot.ts';
import {Users} from '../../src/process/users.ts';
import type {Fleet} from './fleet-feed.ts';
import {History} from './history.ts';
import {Machine, type Load} from './machine.ts';
import {Ring} from './ring.ts';

/** Sources besides processes and the fleet; tests replace them. */
export interface Surroundings {
  readonly users: Users;
  readonly load: () => Load;
  readonly channels: typeof readChannels;
  /** The path of /proc. */
  readonly proc: string;
}

export interface Owner {
  /** `web/1`; `keeper`, `controller` or `anchor`. */
  readonly label: string;
  /** Null for the supervisor itself, and for processes of no known worker. */
  readonly id: string | null;
  readonly orphan: boolean;
}

const SUPERVISOR = ['anchor', 'keeper', 'controller'] as const;
/** Readings of an instance's CPU kept for its sparkline. */
const SPARK = 60;

export class World {
  readonly snapshot: Snapshot;
  /** Null: only the machine. */
  readonly fleet: Fleet | null;
  readonly history = new History();
  readonly users: Users;
  readonly channels: typeof readChannels;
  readonly proc: string;
  readonly #readLoad: () => Load;
  readonly #owners = new Map<number, {readonly startTime: string | null; readonly owner: Owner}>();
  readonly #sparks = new Map<string, Ring>();
  load: Load;
  /** Wall clock, ms, of the last reading. */
  readAt = Date.now();

  constructor(snapshot: Snapshot, fleet: Fleet | null, surroundings: Partial<Surroundings> = {}) {
    const machine = new Machine();
    const {
      users = new Users(),
      load = () => machine.readLoad(),
      channels = readChannels,
      proc = '/proc',
    } = surroundings;
    this.snapshot = snapshot;
    this.fleet = fleet;
    this.users = users;
    this.channels = channels;
    this.proc = proc;
    this.#readLoad = load;
    this.load = load();
  }

  /** Updates all data. */
  async refresh(): Promise<void> {
    await this.fleet?.refresh();
    // Last, so that no action or drawing comes in between: a row may then belong to another process.
    await this.snapshot.refresh();
    this.readAt = Date.now();
    this.load = this.#readLoad();
    this.#noteOwners();
    this.#noteSparks();
    this.history.addReading(this.snapshot, this.#ownRows(), row => this.keyOf(row));
  }

  get workers(): readonly WorkerReport[] {
    return this.fleet?.ps?.workers ?? [];
  }

  /** Returns the identity of a process. */
  keyOf(row: number): string {
    const {rows} = this.snapshot;
    return `${rows.pid[row] ?? 0} ${rows.startTime[row] ?? 0}`;
  }

  ownerOf(row: number): Owner | null {
    const {rows} = this.snapshot;
    const found = this.#owners.get(rows.pid[row] ?? 0);
    if (!found) return null;
    return found.startTime === null || found.startTime === String(rows.startTime[row]) ? found.owner : null;
  }

  /** Yields the owners of the fleet's processes. */
  *owners(): Generator<Owner> {
    for (const {owner} of this.#owners.values()) yield owner;
  }

  /** Returns the CPU percents of an instance, oldest first. */
  sparkOf(id: string): number[] {
    const ring = this.#sparks.get(id);
    return ring ? Array.from({length: ring.length}, (_, n) => ring.back(n)).reverse() : [];
  }

  /** Yields the rows of the fleet's and its supervisor's processes. */
  *#ownRows(): Generator<number> {
    for (const pid of this.#owners.keys()) {
      const row = this.snapshot.rows.find(pid);
      if (row >= 0 && this.ownerOf(row) !== null) yield row;
    }
  }

  #noteOwners(): void {
    const lineage = this.fleet?.lineage;
    if (!lineage) return;
    this.#owners.clear();
    for (const role of SUPERVISOR) {
      const pid = lineage[role];
      if (pid !== null) this.#owners.set(pid, {startTime: null, owner: {label: role, id: null, orphan: false}});
    }
    for (const {pid, startTime, worker, instance, orphan} of lineage.processes) {
      const id = worker === null ? null : `${worker}/${instance ?? ''}`;
      this.#owners.set(pid, {startTime, owner: {label: id ?? '?', id, orphan}});
    }
  }

  #noteSparks(): void {
    const there = new Set<string>();
    for (const {id, cpuPercent} of this.workers) {
      there.add(id);
      const ring = this.#sparks.get(id) ?? new Ring(SPARK);
      this.#sparks.set(id, ring);
      ring.push(cpuPercent ?? NaN);
    }
    for (const id of this.#sparks.keys()) if (!there.has(id)) this.#sparks.delete(id);
  }
}
