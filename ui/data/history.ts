/** The past states and CPU usage of processes, kept as long as they live. */
import type {Snapshot} from '../../src/process/snapshot.ts';
import {Ring} from './ring.ts';

/** Readings kept per process. */
export const REMEMBERED = 240;

interface Past {
  readonly states: Ring;
  readonly cpu: Ring;
  seen: number;
}

export class History {
  readonly #capacity: number;
  readonly #byKey = new Map<string, Past>();
  #readings = 0;

  constructor(capacity = REMEMBERED) {
    this.#capacity = capacity;
  }

  /**
   * Adds a reading of the given processes only: the whole machine would need thousands of rings, of which only a few
   * are ever shown.
   */
  addReading(snapshot: Snapshot, rows: Iterable<number>, keyOf: (row: number) => string): void {
    this.#readings++;
    for (const row of rows) {
      const key = keyOf(row);
      let past = this.#byKey.get(key);
      if (!past) {
        past = {states: new Ring(this.#capacity), cpu: new Ring(this.#capacity), seen: 0};
        this.#byKey.set(key, past);
      }
      past.seen = this.#readings;
      past.states.push(snapshot.rows.state[row] ?? 63);
      past.cpu.push(snapshot.rows.cpuPercent[row] ?? NaN);
    }
    for (const [key, {seen}] of this.#byKey) if (seen < this.#readings) this.#byKey.delete(key);
  }

  /** Returns the letters of the last states, oldest first. */
  states(key: string, length: number): string {
    const past = this.#byKey.get(key);
    if (!past) return '';
    let line = '';
    for (let n = Math.min(length, past.states.length) - 1; n >= 0; n--)
      line += String.fromCharCode(past.states.back(n));
    return line;
  }

  /** Returns the last CPU percents, oldest first. */
  cpu(key: string, length: number): number[] {
    const past = this.#byKey.get(key);
    return past ? Array.from({length: Math.min(length, past.cpu.length)}, (_, n) => past.cpu.back(n)).reverse() : [];
  }

  get size(): number {
    return this.#byKey.size;
  }
}
