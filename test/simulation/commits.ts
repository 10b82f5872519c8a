/** What a controller has committed: the whole state from time to time, and what has changed since. */
import {withChanges, type Core} from '../../src/supervisor/index.ts';

/** More than fit behind a whole state are not to be tried here. */
const MOST_CHANGES = 40;

export class Commits {
  #whole = '';
  #changes: string[] = [];

  take(core: Core): void {
    const changes = this.#changes.length < MOST_CHANGES ? core.changes() : null;
    if (changes === null) {
      this.#whole = core.snapshot();
      this.#changes = [];
    } else this.#changes.push(changes);
    core.committed();
  }

  /** What the next controller reads. */
  get text(): string {
    return withChanges(this.#whole, this.#changes);
  }
}
