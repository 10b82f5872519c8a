/** All processes in one pass over /proc, for callers that need several of them. */
import {readdirSync} from 'node:fs';
import {readStat, type Stat} from './stat.ts';

export class ProcessTable {
  readonly #byPid = new Map<number, Stat>();
  readonly #children = new Map<number, Stat[]>();

  constructor(stats: Iterable<Stat>) {
    for (const stat of stats) {
      this.#byPid.set(stat.pid, stat);
      const siblings = this.#children.get(stat.ppid);
      if (siblings) siblings.push(stat);
      else this.#children.set(stat.ppid, [stat]);
    }
  }

  get(pid: number): Stat | undefined {
    return this.#byPid.get(pid);
  }

  all(): Iterable<Stat> {
    return this.#byPid.values();
  }

  childrenOf(pid: number): readonly Stat[] {
    return this.#children.get(pid) ?? [];
  }

  /** Returns a process and all its descendants, living and dead, parents first; empty if there is no such process. */
  treeOf(pid: number): Stat[] {
    const root = this.#byPid.get(pid);
    const found = root ? [root] : [];
    // A pass is not atomic: a parent's pid may be reused after its child was read. The visited set ends loops.
    const seen = new Set(found);
    for (const stat of found) {
      for (const child of this.childrenOf(stat.pid)) {
        if (seen.has(child)) continue;
        seen.add(child);
        found.push(child);
      }
    }
    return found;
  }
}

/** Returns the pids of all processes, in the order of /proc. */
export function listPids(): number[] {
  const pids: number[] = [];
  for (const name of readdirSync('/proc')) {
    const first = name.charCodeAt(0);
    if (first >= 48 && first <= 57) pids.push(Number(name));
  }
  return pids;
}

/** Reads every process. Processes that end meanwhile are left out. */
export const readProcessTable = (): ProcessTable =>
  new ProcessTable(
    listPids()
      .map(readStat)
      .filter(stat => stat !== null),
  );
