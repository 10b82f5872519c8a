/** The copy of the programs that is current, as far as that was told in an event. */
import type {Engine} from './engine.ts';

export class CurrentCode {
  readonly #note: Engine['note'];
  readonly #version: string;
  #name: string | null;

  /** @param note writes a line of the journal */
  constructor(name: string | null, version: string, note: Engine['note']) {
    this.#name = name;
    this.#version = version;
    this.#note = note;
  }

  /** Null: the programs run from where they were installed. */
  get name(): string | null {
    return this.#name;
  }

  upgraded(from: string | null, to: string): void {
    this.#name = to;
    this.#note({type: 'upgraded', from, to, version: this.#version});
  }
}
