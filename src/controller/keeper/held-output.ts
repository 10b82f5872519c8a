/** Instances whose output can't be written (disk full): their workers are held back. */
import type {HeldFact} from '../../link/facts.ts';
import type {Core} from '../../supervisor/index.ts';

export class HeldOutput {
  readonly #held: Map<string, string>;

  constructor(held: readonly HeldFact[]) {
    this.#held = new Map(held.map(({id, error}) => [id, error]));
  }

  /** @param error the reason, or null once output works again */
  set(id: string, error: string | null): void {
    if (error === null) this.#held.delete(id);
    else this.#held.set(id, error);
  }

  /** Returns the reasons by instance id. */
  of(core: Core): ReadonlyMap<string, string> {
    // The log of an instance that has left the fleet stays held, and holds back no worker.
    for (const id of this.#held.keys()) if (!core.get(id)) this.#held.delete(id);
    return this.#held;
  }
}
