/** Long work in slices: of all that is under way, one slice is done in a turn of the event loop, so that nobody waits long. */

/** How long one slice may take, ms. */
const SLICE_MS = 2;

export class TimeSlices {
  readonly #waiting: (() => void)[] = [];
  #scheduled = false;

  /**
   * Resolves when it is this caller's turn; those who asked before come first.
   *
   * @returns whether the slice is over, to be asked after each step.
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
