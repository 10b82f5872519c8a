/** The parent of each process at the last reading: the kernel does not report the former parent of an orphan. */
import type {FormerParent} from '../../link/facts.ts';
import {readStat, type Stat} from '../../process/stat.ts';

interface Child {
  readonly startTime: string;
  readonly parent: FormerParent;
}

export class Parents {
  #children = new Map<number, Child>();

  /**
   * Replaces the last reading. Only processes below the fleet's own are kept, and those that were there before: one
   * whose parent has just ended is below the keeper already, and not reported as an orphan yet.
   *
   * @param others all processes except main ones and known orphans
   */
  note(others: readonly Stat[], ownerOf: (pid: number) => string | null): void {
    const byPid = new Map(others.map(stat => [stat.pid, stat]));
    const names = new Map<number, string | null>();
    const nameOf = (pid: number): string | null => {
      const known = names.get(pid) ?? byPid.get(pid)?.comm ?? readStat(pid)?.comm ?? null;
      names.set(pid, known);
      return known;
    };
    const isBelow = (stat: Stat): boolean => {
      const seen = new Set<number>();
      for (let at: Stat | undefined = stat; at && !seen.has(at.pid); at = byPid.get(at.ppid)) {
        seen.add(at.pid);
        if (ownerOf(at.ppid) !== null) return true;
      }
      return false;
    };
    const before = this.#children;
    this.#children = new Map();
    for (const stat of others) {
      if (!isBelow(stat)) {
        const known = before.get(stat.pid);
        if (known?.startTime === stat.startTime) this.#children.set(stat.pid, known);
        continue;
      }
      const name = nameOf(stat.ppid);
      if (name !== null) this.#children.set(stat.pid, {startTime: stat.startTime, parent: {pid: stat.ppid, name}});
    }
  }

  of(pid: number, startTime: string): FormerParent | null {
    const child = this.#children.get(pid);
    return child?.startTime === startTime ? child.parent : null;
  }
}
