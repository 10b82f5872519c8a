/**
 * A limit of work. Pairs of two sets grow with the product of their sizes: a process that creates a few thousand of
 * both would keep every reader busy. So the permitted work grows with their sum.
 */
export class Allowance {
  #left: number;

  constructor(steps: number) {
    this.#left = steps;
  }

  /** Takes steps. Returns false if none are left; the last call may take more than were left. */
  spend(steps: number): boolean {
    if (this.#left <= 0) return false;
    this.#left -= steps;
    return true;
  }

  /** Removes all remaining steps. */
  exhaust(): void {
    this.#left = 0;
  }
}
