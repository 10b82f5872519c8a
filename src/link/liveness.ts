/**
 * How long one that should be heard regularly has been silent. Time counts only while the watcher itself ran on time: a
 * machine that was suspended, or a watcher that was stopped, has missed nothing.
 */

/** How often keeper and controller say that they live (ms). */
export const BEAT_MS = 2_000;

export class Liveness {
  readonly #tickMs: number;
  #silentMs = 0;
  #last: number;

  /** @param tickMs how often {@link tick} is called @param now CLOCK_MONOTONIC, ms */
  constructor(tickMs: number, now: number) {
    this.#tickMs = tickMs;
    this.#last = now;
  }

  heard(): void {
    this.#silentMs = 0;
  }

  /** Answers for how long (ms) nothing was heard. */
  tick(now: number): number {
    const passed = now - this.#last;
    this.#last = now;
    this.#silentMs = passed > 2 * this.#tickMs ? 0 : this.#silentMs + passed;
    return this.#silentMs;
  }
}
