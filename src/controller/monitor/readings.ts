/** Reads the fleet's processes, all in one pass, and computes CPU usage between two readings. */
import {monotonic} from '../turn/clock.ts';
import type {Orphans} from './orphans.ts';
import {readFleetTable} from '../../process/fleet-table.ts';
import {TICKS_PER_SECOND, type Stat} from '../../process/stat.ts';
import type {ProcessTable} from '../../process/table.ts';
import type {Instance} from '../../supervisor/types.ts';

/** Between closer readings (ms), a percentage would be mere chance. */
const SHORTEST_MS = 200;

export interface Reading {
  readonly main: Stat | null;
  /** The instance's living processes, the main one first. */
  readonly tree: readonly Stat[];
  readonly cpuPercent: number | null;
  readonly rssBytes: number | null;
}

interface Sample {
  readonly at: number;
  /** By `pid startTime`. */
  readonly ticks: ReadonlyMap<string, number>;
}

const identity = ({pid, startTime}: Stat): string => `${pid} ${startTime}`;

export class Readings {
  readonly #orphans: Orphans;
  #last: Sample | null = null;
  #before: Sample | null = null;

  constructor(orphans: Orphans) {
    this.#orphans = orphans;
  }

  /** Returns the instance ids of main processes and known orphans, by pid. */
  owners(instances: Iterable<Instance>): Map<number, string> {
    const owners = new Map<number, string>();
    for (const {pid, id} of this.#orphans.all()) if (id !== null) owners.set(pid, id);
    for (const {id, run} of instances) if (run?.pid != null) owners.set(run.pid, id);
    return owners;
  }

  /** Reads /proc once. */
  readTable(): ProcessTable {
    const table = readFleetTable();
    const at = monotonic();
    if (this.#last === null || at - this.#last.at >= SHORTEST_MS) {
      const ticks = new Map<string, number>();
      for (const stat of table.all()) ticks.set(identity(stat), stat.cpuTicks);
      this.#before = this.#last;
      this.#last = {at, ticks};
    }
    return table;
  }

  of({id, run}: Instance, table: ProcessTable): Reading {
    const found = new Set<Stat>();
    let main: Stat | null = null;
    if (run?.pid != null) {
      const stat = table.get(run.pid);
      if (stat?.startTime === run.startTime) {
        main = stat;
        table.treeOf(run.pid).forEach(member => found.add(member));
      }
    }
    for (const {pid, startTime} of this.#orphans.of(id)) {
      if (table.get(pid)?.startTime === startTime) table.treeOf(pid).forEach(member => found.add(member));
    }
    const tree = [...found];
    if (tree.length === 0) return {main, tree, cpuPercent: null, rssBytes: null};
    return {
      main,
      tree,
      cpuPercent: this.#cpuPercent(tree),
      rssBytes: tree.reduce((sum, {rssBytes}) => sum + rssBytes, 0),
    };
  }

  #cpuPercent(tree: readonly Stat[]): number | null {
    if (!this.#before || !this.#last) return this.#lifelong(tree);
    let ticks = 0;
    // A process that is new since the earlier reading has used all its ticks since then.
    for (const stat of tree)
      ticks += (this.#last.ticks.get(identity(stat)) ?? stat.cpuTicks) - (this.#before.ticks.get(identity(stat)) ?? 0);
    const seconds = (this.#last.at - this.#before.at) / 1000;
    return Math.round((ticks / TICKS_PER_SECOND / seconds) * 1000) / 10;
  }

  /** With one reading only: usage over the life of the oldest process. */
  #lifelong(tree: readonly Stat[]): number | null {
    const ticks = tree.reduce((sum, {cpuTicks}) => sum + cpuTicks, 0);
    const oldest = Math.min(...tree.map(({startTime}) => Number(startTime)));
    const seconds = monotonic() / 1000 - oldest / TICKS_PER_SECOND;
    return seconds < SHORTEST_MS / 1000 ? null : Math.round((ticks / TICKS_PER_SECOND / seconds) * 1000) / 10;
  }
}
