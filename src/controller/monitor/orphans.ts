/** The living orphans of the fleet, as reported by the keeper. */
import type {OrphanFact} from '../../link/facts.ts';

export interface Orphan extends OrphanFact {
  /** Wall clock, ms. */
  readonly at: number;
}

export class Orphans {
  readonly #byPid = new Map<number, Orphan>();
  readonly #byInstance = new Map<string, Map<number, Orphan>>();

  /** Adds an orphan and returns it. What is missing in the fact is kept from an earlier one. */
  addOrphan(fact: OrphanFact, now: number): Orphan {
    const before = this.#byPid.get(fact.pid);
    const known = before?.startTime === fact.startTime ? before : null;
    if (before) this.ended(fact.pid);
    const orphan: Orphan = {
      ...fact,
      at: fact.at ?? known?.at ?? now,
      formerParent: fact.formerParent ?? known?.formerParent ?? null,
    };
    this.#byPid.set(orphan.pid, orphan);
    if (orphan.id !== null) {
      const same = this.#byInstance.get(orphan.id) ?? new Map<number, Orphan>();
      this.#byInstance.set(orphan.id, same.set(orphan.pid, orphan));
    }
    return orphan;
  }

  ended(pid: number): void {
    const orphan = this.#byPid.get(pid);
    if (!orphan) return;
    this.#byPid.delete(pid);
    if (orphan.id === null) return;
    const same = this.#byInstance.get(orphan.id);
    if (same?.delete(pid) && same.size === 0) this.#byInstance.delete(orphan.id);
  }

  /** Returns the orphans of an instance. */
  of(id: string): Iterable<Orphan> {
    return this.#byInstance.get(id)?.values() ?? [];
  }

  all(): Iterable<Orphan> {
    return this.#byPid.values();
  }
}
