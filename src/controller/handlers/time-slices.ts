/** Runs long work in slices: one slice of all pending work per turn of the event loop, so that no caller waits long. */

/** Length of one slice, ms. */
const SLICE_MS = 2;

export class TimeSlices {
  readonly #waiting: (() => void)[] = [];
  #scheduled = false;

  /**
   * Resolves when it is this caller's turn, in the order of the calls.
   *
   * @returns a function that returns whether the slice is over, to be called after each step
   */
  async next(): Promise<() => boolean> {
    await new Promise<void>(resolve => {
      this.#waiting.push(resolve);
      this.#schedule();
    });
    const end = performance.now() + SLICE_MS;
    return () => performance.now() >= end;
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#waiting.shift()?.();
      this.#schedule();
    });
  }
}
