/** Merges rows of pieces by time. The order within a row is kept, whatever its clock did. */
import type {Piece} from './line-cutter.ts';

interface Source<T> {
  readonly owner: T;
  readonly batches: AsyncGenerator<Piece[], void, void>;
  batch: readonly Piece[];
  at: number;
  /** Its index among the sources, which decides between equal times. */
  readonly rank: number;
}

/** A row to merge. `owner` is passed on with each piece. */
export interface Input<T> {
  readonly owner: T;
  readonly batches: AsyncGenerator<Piece[], void, void>;
}

/**
 * Calls `take` with each piece, earliest first, and awaits the promise that it may return (a full pipe). Holds one
 * batch of each row at any time.
 */
export async function mergeByTime<T>(
  inputs: readonly Input<T>[],
  take: (owner: T, piece: Piece) => Promise<void> | void,
): Promise<void> {
  const heap: Source<T>[] = [];
  try {
    for (const [rank, {owner, batches}] of inputs.entries()) {
      const source: Source<T> = {owner, batches, batch: [], at: 0, rank};
      heap.push(source);
      if (!(await refill(source))) heap.pop();
    }
    for (let i = (heap.length >> 1) - 1; i >= 0; i--) sink(heap, i);
    for (let top = heap[0]; top; top = heap[0]) {
      const piece = top.batch[top.at++];
      if (piece) {
        const wait = take(top.owner, piece);
        if (wait) await wait;
      }
      if (top.at >= top.batch.length && !(await refill(top))) {
        const last = heap.pop();
        if (last && last !== top) heap[0] = last;
      } else if (piece?.partial) {
        // The rest of a long line follows at once, before the pieces that others wrote meanwhile.
        continue;
      }
      sink(heap, 0);
    }
  } finally {
    // Closes the files if the merge ends early.
    for (const {batches} of inputs) await batches.return();
  }
}

async function refill<T>(source: Source<T>): Promise<boolean> {
  for (;;) {
    const next = await source.batches.next();
    if (next.done) return false;
    if (next.value.length === 0) continue;
    source.batch = next.value;
    source.at = 0;
    return true;
  }
}

function before<T>(a: Source<T>, b: Source<T>): boolean {
  const at = (source: Source<T>) => source.batch[source.at]?.at ?? 0;
  return at(a) !== at(b) ? at(a) < at(b) : a.rank < b.rank;
}

function sink<T>(heap: Source<T>[], from: number): void {
  for (let i = from; ;) {
    let least = i;
    for (const child of [2 * i + 1, 2 * i + 2]) {
      const one = heap[child];
      const other = heap[least];
      if (one && other && before(one, other)) least = child;
    }
    const a = heap[i];
    const b = heap[least];
    if (least === i || !a || !b) return;
    heap[i] = b;
    heap[least] = a;
    i = least;
  }
}
