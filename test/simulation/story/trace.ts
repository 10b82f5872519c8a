/** The last inputs, effects and events of a story, which a failure shows. */
import type {Effect, Input} from '../../../src/supervisor/index.ts';

/** The number of entries that are kept at least. */
const SHOWN = 60;

export class Trace {
  readonly #recent: (Input | Effect | string)[] = [];

  note(what: Input | Effect | string): void {
    this.#recent.push(what);
    if (this.#recent.length > 4 * SHOWN) this.#recent.splice(0, this.#recent.length - SHOWN);
  }

  text(): string {
    return this.#recent.map(entry => (typeof entry === 'string' ? entry : JSON.stringify(entry))).join('\n');
  }
}
