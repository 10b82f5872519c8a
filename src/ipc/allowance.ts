/**
 * How much is looked at. What two numbers of things have with each other is their product: whoever has made a few thousand of
 * both would keep everybody who looks at them busy. So what may be done grows with their sum.
 */
export class Allowance {
  #left: number;

  constructor(steps: number) {
    this.#left = steps;
  }

  /** Whether so much may still be done; the last that may be done can be more than what was left. */
  spend(steps: number): boolean {
    if (this.#left <= 0) return false;
    this.#left -= steps;
    return true;
  }

  /** No more, whatever was left. */
  exhaust(): void {
    this.#left = 0;
  }
}
