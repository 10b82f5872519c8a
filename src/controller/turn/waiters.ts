/** Callers that wait for a requested state. */

interface Waiter {
  readonly settled: () => boolean;
  readonly resolve: () => void;
}

export class Waiters {
  readonly #waiters = new Set<Waiter>();

  /** Resolves at the first {@link wake} with `settled()` true, when `signal` is aborted, or after `timeoutMs`. */
  add(settled: () => boolean, signal: AbortSignal, timeoutMs?: number): Promise<void> {
    return new Promise(resolve => {
      // Clients live long: a finished wait must leave nothing behind.
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

  /** Checks all waiters after a turn. */
  wake(): void {
    for (const waiter of [...this.#waiters]) if (waiter.settled()) waiter.resolve();
  }
}
