/** All that the views show: the machine's processes, the fleet, and what both were a moment ago. */
import type {WorkerReport} from '../../src/control/reports.ts';
import {readChannels} from '../../src/ipc/graph.ts';
import type {Snapshot} from '../../src/process/snapshot.ts';
import {Users} from '../../src/process/users.ts';
import type {Fleet} from './fleet-feed.ts';
import {History} from './history.ts';
import {Machine, type Load} from './machine.ts';
import {Ring} from './ring.ts';

/** What is looked at beside processes and the fleet; tests make it up. */
export interface Surroundings {
  readonly users: Users;
  readonly load: () => Load;
  readonly channels: typeof readChannels;
  /** Where /proc is. */
  readonly proc: string;
}

export interface Owner {
  /** `web/1`; `keeper`, `controller` or `anchor`. */
  readonly label: string;
  /** Null: the supervisor itself, or of no worker that is known. */
  readonly id: string | null;
  readonly orphan: boolean;
}

const SUPERVISOR = ['anchor', 'keeper', 'controller'] as const;
/** Readings of an instance's CPU that a sparkline shows. */
const SPARK = 60;

export class World {
  readonly snapshot: Snapshot;
  /** Null: the machine alone. */
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

  /** Reads all anew. */
  async refresh(): Promise<void> {
    await this.fleet?.refresh();
    // Last, so that nobody acts or draws in between: a row may be another process's by then.
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

  /** A process's identity. */
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

  /** Whose the fleet's processes are. */
  *owners(): Generator<Owner> {
    for (const {owner} of this.#owners.values()) yield owner;
  }

  /** CPU percents of an instance, oldest first. */
  sparkOf(id: string): number[] {
    const ring = this.#sparks.get(id);
    return ring ? Array.from({length: ring.length}, (_, n) => ring.back(n)).reverse() : [];
  }

  /** The processes of the fleet and its supervisor, by row. */
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
