/** Who waits for the state to become what was asked for. */

interface Waiter {
  readonly settled: () => boolean;
  readonly resolve: () => void;
}

export class Waiters {
  readonly #waiters = new Set<Waiter>();

  /** Resolves with the first {@link wake} at which `settled` says so, when `signal` is aborted, or after `timeoutMs`. */
  add(settled: () => boolean, signal: AbortSignal, timeoutMs?: number): Promise<void> {
    return new Promise(resolve => {
      // Clients live long: of one that waited nothing may stay.
      const done = (): void => {
        this.#waiters.delete(waiter);
        signal.removeEventListener('abort', done);
        clearTimeout(timer);
        resolve();
      };
      const waiter: Waiter = {settled, resolve: done};
      const timer = timeoutMs === undefined ? undefined : setTimeout(done, timeoutMs);
      this.#waiters.add(waiter);
      signal.addEventListener('abort', done, {once: true});
    });
  }

  /** The state may have changed. */
  wake(): void {
    for (const waiter of [...this.#waiters]) if (waiter.settled()) waiter.resolve();
  }
}
