/** The parents and children among the rows of one reading. */
import type {Rows} from './rows.ts';

const NONE = -1;

/**
 * Every process once, after its parent. A process whose parent is not visible (in another pid namespace, hidden, or
 * gone meanwhile) is a root. The forest is rebuilt at the first use after a reading, in the same memory.
 */
export class Forest {
  readonly #rows: Rows;
  #builtAt = NONE;
  #parent = new Int32Array(0);
  #firstChild = new Int32Array(0);
  #nextSibling = new Int32Array(0);
  /** By row: the position in {@link #walk}, the size of the subtree, and the depth. */
  #place = new Int32Array(0);
  #size = new Int32Array(0);
  #depth = new Int32Array(0);
  /** The rows, parents first; a subtree is contiguous. */
  #walk = new Int32Array(0);
  #walked = 0;

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  /** Returns the n-th row of the whole forest: parents before their children, siblings by pid. */
  at(n: number): number {
    this.#build();
    return n < this.#walked ? (this.#walk[n] ?? NONE) : NONE;
  }

  /** Returns the row of the parent; -1 for a root. */
  parent(row: number): number {
    this.#build();
    return this.#parent[row] ?? NONE;
  }

  /** Returns the depth; 0 for a root. */
  depth(row: number): number {
    this.#build();
    return this.#depth[row] ?? 0;
  }

  /** Returns the number of processes in the subtree, itself included: they start at `place(row)`. */
  size(row: number): number {
    this.#build();
    return this.#size[row] ?? 0;
  }

  place(row: number): number {
    this.#build();
    return this.#place[row] ?? NONE;
  }

  /** Yields the rows of the children, by pid. */
  *children(row: number): Generator<number> {
    this.#build();
    const end = this.place(row) + this.size(row);
    for (let n = this.place(row) + 1; n < end; n += Math.max(1, this.size(this.at(n)))) yield this.at(n);
  }

  *roots(): Generator<number> {
    this.#build();
    for (let n = 0; n < this.#walked; n += Math.max(1, this.size(this.at(n)))) yield this.at(n);
  }

  /** Returns the sum of a column over a process and its descendants; NaN if no value is known. */
  sum(column: Float64Array, row: number): number {
    this.#build();
    const from = this.#place[row] ?? 0;
    const to = from + (this.#size[row] ?? 0);
    let sum = NaN;
    for (let n = from; n < to; n++) {
      const value = column[this.#walk[n] ?? 0] ?? NaN;
      if (!Number.isNaN(value)) sum = Number.isNaN(sum) ? value : sum + value;
    }
    return sum;
  }

  #build(): void {
    if (this.#builtAt === this.#rows.readings) return;
    this.#builtAt = this.#rows.readings;
    this.#makeRoom();
    this.#link();
    this.#walked = 0;
    const {count} = this.#rows;
    for (let n = 0; n < count; n++) {
      const row = this.#rows.at(n);
      if (this.#parent[row] === NONE) this.#visit(row);
    }
    // A reading is not atomic: pids reused during it can form a ring, whose processes must not get lost.
    while (this.#walked < count) this.#visit(this.#cut());
  }

  #makeRoom(): void {
    const {capacity} = this.#rows;
    if (this.#parent.length === capacity) return;
    this.#parent = new Int32Array(capacity);
    this.#firstChild = new Int32Array(capacity);
    this.#nextSibling = new Int32Array(capacity);
    this.#place = new Int32Array(capacity);
    this.#size = new Int32Array(capacity);
    this.#depth = new Int32Array(capacity);
    this.#walk = new Int32Array(capacity);
  }

  #link(): void {
    const rows = this.#rows;
    for (let n = 0; n < rows.count; n++) {
      const row = rows.at(n);
      this.#firstChild[row] = NONE;
      this.#place[row] = NONE;
    }
    // Backwards: each row is inserted before its siblings.
    for (let n = rows.count - 1; n >= 0; n--) {
      const row = rows.at(n);
      const parent = this.#parentOf(row);
      this.#parent[row] = parent;
      if (parent === NONE) continue;
      this.#nextSibling[row] = this.#firstChild[parent] ?? NONE;
      this.#firstChild[parent] = row;
    }
  }

  #parentOf(row: number): number {
    const rows = this.#rows;
    const parent = rows.find(rows.ppid[row] ?? 0);
    if (parent === NONE || parent === row) return NONE;
    // A parent is never younger, not even an adopter, which is an ancestor: a younger one has a reused pid.
    return (rows.startTime[parent] ?? NaN) > (rows.startTime[row] ?? NaN) + rows.startSlack ? NONE : parent;
  }

  /** Walks the subtree of a row and sets each place, depth and size. */
  #visit(root: number): void {
    let row = root;
    let depth = 0;
    this.#enter(row, depth);
    for (;;) {
      const child = this.#firstChild[row] ?? NONE;
      if (child !== NONE) {
        row = child;
        this.#enter(row, ++depth);
        continue;
      }
      while (row !== root) {
        this.#size[row] = this.#walked - (this.#place[row] ?? 0);
        const sibling = this.#nextSibling[row] ?? NONE;
        if (sibling !== NONE) {
          row = sibling;
          this.#enter(row, depth);
          break;
        }
        row = this.#parent[row] ?? NONE;
        depth--;
      }
      if (row === root) break;
    }
    this.#size[root] = this.#walked - (this.#place[root] ?? 0);
  }

  #enter(row: number, depth: number): void {
    this.#depth[row] = depth;
    this.#place[row] = this.#walked;
    this.#walk[this.#walked++] = row;
  }

  /** Detaches a process of a ring from its parent. */
  #cut(): number {
    const {count} = this.#rows;
    let row = NONE;
    for (let n = 0; n < count && row === NONE; n++) if (this.#place[this.#rows.at(n)] === NONE) row = this.#rows.at(n);
    // After `count` steps up, the walk is inside the ring, even if this row only hangs from it.
    for (let steps = 0; steps < count; steps++) row = this.#parent[row] ?? NONE;
    this.#unlink(row);
    return row;
  }

  #unlink(row: number): void {
    const parent = this.#parent[row] ?? NONE;
    this.#parent[row] = NONE;
    let sibling = this.#firstChild[parent] ?? NONE;
    if (sibling === row) {
      this.#firstChild[parent] = this.#nextSibling[row] ?? NONE;
      return;
    }
    while (sibling !== NONE && this.#nextSibling[sibling] !== row) sibling = this.#nextSibling[sibling] ?? NONE;
    this.#nextSibling[sibling] = this.#nextSibling[row] ?? NONE;
  }
}
