/** How often something may happen: a token bucket. Time is told to it, so that it can be tried without waiting. */

export interface Rate {
  readonly perSecond: number;
  /** So many at once, after a rest. */
  readonly burst: number;
}

/** What the sums of fractions may lack to a whole one. */
const ROUNDING = 1e-9;

export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #at: number;

  /** @param now ms, of a clock that is not set (CLOCK_MONOTONIC) */
  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#at = now;
  }

  /** How many may happen now. */
  available(now: number): number {
    this.#refill(now);
    return Math.floor(this.#tokens + ROUNDING);
  }

  /** Whether it may happen now; then it is counted. */
  tryTake(now: number): boolean {
    if (this.available(now) < 1) return false;
    this.#tokens = Math.max(0, this.#tokens - 1);
    return true;
  }

  /** Counts what happens whether it may or not. */
  spend(now: number, count: number): void {
    this.#refill(now);
    this.#tokens = Math.max(0, this.#tokens - count);
  }

  /** How long (ms, rounded up) until one may happen. */
  waitMs(now: number): number {
    this.#refill(now);
    return this.#tokens + ROUNDING >= 1 ? 0 : Math.ceil(((1 - this.#tokens) / this.#rate.perSecond) * 1000);
  }

  #refill(now: number): void {
    const passed = Math.max(0, now - this.#at);
    this.#at = Math.max(this.#at, now);
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + (passed * this.#rate.perSecond) / 1000);
  }
}
