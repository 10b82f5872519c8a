/** Work that may be held up for ever by whom it is done for: so much of it at once, and of each of them one piece. */

/** Calls back when it is done. */
export type Work = (done: () => void) => void;

export class Lanes {
  readonly #most: number;
  /** By whom it is done for: what waits, the one under way not among it. */
  readonly #waiting = new Map<string, Work[]>();
  #running = 0;
  /** Those of whom something waits, and nothing is under way, in the order in which they came. */
  readonly #next = new Set<string>();

  constructor(most: number) {
    this.#most = most;
  }

  run(key: string, work: Work): void {
    const waiting = this.#waiting.get(key);
    if (waiting) {
      waiting.push(work);
      return;
    }
    this.#waiting.set(key, [work]);
    this.#next.add(key);
    this.#start();
  }

  /** Whether something is under way, or waits. */
  get isBusy(): boolean {
    return this.#waiting.size > 0;
  }

  #start(): void {
    for (const key of this.#next) {
      if (this.#running >= this.#most) return;
      this.#next.delete(key);
      const work = this.#waiting.get(key)?.shift();
      if (!work) continue;
      this.#running++;
      work(() => {
        this.#running--;
        if (this.#waiting.get(key)?.length === 0) this.#waiting.delete(key);
        else this.#next.add(key);
        this.#start();
      });
    }
  }
}
