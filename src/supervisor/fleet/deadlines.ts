/** Deadlines of an instance, and a queue of all of them. Times are CLOCK_MONOTONIC, ms. */
import type {Instance} from '../types.ts';

export type DueEvent = 'ready-due' | 'ready-timeout' | 'alarm-due' | 'runtime-due' | 'backoff-due';

interface Due {
  readonly at: number;
  readonly event: DueEvent;
}

/** Returns the next deadline of an instance, or null if it has none. */
export function nextDue(instance: Instance): Due | null {
  const {run, backoff} = instance;
  if (run === null) {
    // Until nothing is left of the last run, the next one waits for that, not for the clock.
    return backoff === null || instance.clearing !== null ? null : {at: backoff.until, event: 'backoff-due'};
  }
  if (run.pid === null || run.ending !== null) return null;
  let next: Due | null = null;
  const consider = (at: number | null, event: DueEvent): void => {
    if (at !== null && (next === null || at < next.at)) next = {at, event};
  };
  // A paused run can't get ready, so its readiness deadlines are suspended.
  if (run.pausedAt === null) {
    consider(run.readyAt, 'ready-due');
    consider(run.readyBy, 'ready-timeout');
  }
  consider(run.alarmAt, 'alarm-due');
  consider(run.endAt, 'runtime-due');
  return next;
}

/** An entry of the queue. */
export interface Timed {
  /** When the entry is due, or null if it is not queued. */
  due: number | null;
  /** The entry's index in the queue, or -1. */
  place: number;
}

/** A binary heap that records the place of each entry, so a changed entry moves in O(log n). */
export class DeadlineQueue<T extends Timed> {
  readonly #heap: T[] = [];

  /** Returns the entry that is due first. */
  first(): T | undefined {
    return this.#heap[0];
  }

  /** Moves an entry to its new time, or removes it (null). */
  set(entry: T, due: number | null): void {
    if (entry.due === due) return;
    entry.due = due;
    if (due === null) {
      this.#remove(entry);
      return;
    }
    if (entry.place < 0) {
      entry.place = this.#heap.length;
      this.#heap.push(entry);
    }
    this.#down(this.#up(entry));
  }

  #remove(entry: T): void {
    const {place} = entry;
    entry.place = -1;
    const last = this.#heap.pop();
    if (last === undefined || last === entry) return;
    this.#put(last, place);
    this.#down(this.#up(last));
  }

  #put(entry: T, place: number): void {
    this.#heap[place] = entry;
    entry.place = place;
  }

  #up(entry: T): T {
    let parent = this.#heap[(entry.place - 1) >> 1];
    while (parent !== undefined && entry.place > 0 && before(entry, parent)) {
      this.#swap(entry, parent);
      parent = this.#heap[(entry.place - 1) >> 1];
    }
    return entry;
  }

  #down(entry: T): void {
    for (;;) {
      const left = this.#heap[2 * entry.place + 1];
      const right = this.#heap[2 * entry.place + 2];
      const child = left !== undefined && right !== undefined && before(right, left) ? right : left;
      if (child === undefined || !before(child, entry)) return;
      this.#swap(child, entry);
    }
  }

  #swap(a: T, b: T): void {
    const place = a.place;
    this.#put(a, b.place);
    this.#put(b, place);
  }
}

function before(a: Timed, b: Timed): boolean {
  return (a.due ?? Infinity) < (b.due ?? Infinity);
}
