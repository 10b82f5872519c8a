/** Both clocks of a story. */
import type {Time} from '../../../src/supervisor/index.ts';

export class Clock {
  #mono = 1000;
  #wall = 1_700_000_000_000;

  /** CLOCK_MONOTONIC, ms. */
  get mono(): number {
    return this.#mono;
  }

  /** Milliseconds since 1970. */
  get wall(): number {
    return this.#wall;
  }

  get time(): Time {
    return {mono: this.#mono, wall: this.#wall};
  }

  /** Advances both clocks. A negative time does nothing. */
  advance(ms: number): void {
    this.#mono += Math.max(0, ms);
    this.#wall += Math.max(0, ms);
  }

  /** Sets the wall clock forward or back, as a person, NTP or a suspend does. */
  shiftWall(ms: number): void {
    this.#wall += ms;
  }
}
