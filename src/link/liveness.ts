/**
 * Measures the silence of a peer that should report regularly. Time counts only while the watcher itself runs on time:
 * time in suspend, or while the watcher was stopped, does not count as silence.
 */

/** The interval of the beats between keeper and controller (ms). */
export const BEAT_MS = 2_000;

export class Liveness {
  readonly #tickMs: number;
  #silentMs = 0;
  #last: number;

  /** @param tickMs the interval between calls of {@link tick} @param now CLOCK_MONOTONIC, ms */
  constructor(tickMs: number, now: number) {
    this.#tickMs = tickMs;
    this.#last = now;
  }

  heard(): void {
    this.#silentMs = 0;
  }

  /** Returns the duration of the silence (ms). A late call resets it. */
  tick(now: number): number {
    const passed = now - this.#last;
    this.#last = now;
    this.#silentMs = passed > 2 * this.#tickMs ? 0 : this.#silentMs + passed;
    return this.#silentMs;
  }
}
