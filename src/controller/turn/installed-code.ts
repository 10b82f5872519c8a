/** The current copy of the programs, as far as an event has reported it. */
import type {Engine} from './engine.ts';

export class CurrentCode {
  readonly #note: Engine['note'];
  readonly #version: string;
  #name: string | null;

  /** @param note writes a journal line */
  constructor(name: string | null, version: string, note: Engine['note']) {
    this.#name = name;
    this.#version = version;
    this.#note = note;
  }

  /** Null if the programs run from where they were installed. */
  get name(): string | null {
    return this.#name;
  }

  upgraded(from: string | null, to: string): void {
    this.#name = to;
    this.#note({type: 'upgraded', from, to, version: this.#version});
  }
}
