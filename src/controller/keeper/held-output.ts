/** Instances whose output can't be written (disk full): their workers are held back. */
import type {HeldFact} from '../../link/facts.ts';
import type {Core} from '../../supervisor/index.ts';

export class HeldOutput {
  readonly #held: Map<string, string>;

  constructor(held: readonly HeldFact[]) {
    this.#held = new Map(held.map(({id, error}) => [id, error]));
  }

  /** @param error why; null: it goes on */
  set(id: string, error: string | null): void {
    if (error === null) this.#held.delete(id);
    else this.#held.set(id, error);
  }

  /** By instance: why. */
  of(core: Core): ReadonlyMap<string, string> {
    // The log of one that has left the fleet is held for good, and holds nobody back.
    for (const id of this.#held.keys()) if (!core.get(id)) this.#held.delete(id);
    return this.#held;
  }
}
