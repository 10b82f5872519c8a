/** A token bucket that limits the rate of an action. Callers pass the time, so tests need not wait. */

export interface Rate {
  readonly perSecond: number;
  /** The number of actions allowed at once after an idle period. */
  readonly burst: number;
}

/** Tolerance for rounding errors in sums of fractions. */
const ROUNDING = 1e-9;

export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #at: number;

  /** @param now ms, of a clock that can't be set (CLOCK_MONOTONIC) */
  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#at = now;
  }

  /** Returns the number of actions allowed now. */
  available(now: number): number {
    this.#refill(now);
    return Math.floor(this.#tokens + ROUNDING);
  }

  /** Takes a token. Returns false if none is available. */
  tryTake(now: number): boolean {
    if (this.available(now) < 1) return false;
    this.#tokens = Math.max(0, this.#tokens - 1);
    return true;
  }

  /** Takes tokens for actions that happen in any case, as far as available. */
  spend(now: number, count: number): void {
    this.#refill(now);
    this.#tokens = Math.max(0, this.#tokens - count);
  }

  /** Returns the time until a token is available (ms, rounded up). */
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
