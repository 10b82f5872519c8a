/**
 * Runs work that the party it is done for may block for ever: a limited number of pieces at once, at most one per
 * party.
 */

/** A piece of work. Calls `done` when it has finished. */
export type Work = (done: () => void) => void;

export class Lanes {
  readonly #most: number;
  /** The waiting pieces by party, without the one that is running. */
  readonly #waiting = new Map<string, Work[]>();
  #running = 0;
  /** Parties with waiting and no running work, in order of arrival. */
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

  /** Whether any work is running or waiting. */
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
