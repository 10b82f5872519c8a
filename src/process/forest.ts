/** Who is whose child, over the rows of one reading. */
import type {Rows} from './rows.ts';

const NONE = -1;

/**
 * Every process once, each after its parent. A process whose parent can't be seen (it is in another pid namespace, hidden, or
 * gone since) is a root. Built anew when it is asked for after a reading, into the same memory.
 */
export class Forest {
  readonly #rows: Rows;
  #builtAt = NONE;
  #parent = new Int32Array(0);
  #firstChild = new Int32Array(0);
  #nextSibling = new Int32Array(0);
  /** By row: the place in {@link #walk}, how many are in the subtree, how deep it lies. */
  #place = new Int32Array(0);
  #size = new Int32Array(0);
  #depth = new Int32Array(0);
  /** The rows, parents first; a subtree is one piece of it. */
  #walk = new Int32Array(0);
  #walked = 0;

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  /** The n-th row of the whole forest: a parent before its children, those by pid. */
  at(n: number): number {
    this.#build();
    return n < this.#walked ? (this.#walk[n] ?? NONE) : NONE;
  }

  /** The row of the parent; -1 for a root. */
  parent(row: number): number {
    this.#build();
    return this.#parent[row] ?? NONE;
  }

  /** 0 for a root. */
  depth(row: number): number {
    this.#build();
    return this.#depth[row] ?? 0;
  }

  /** How many processes its subtree has, itself included: they are at `place(row)` and after it. */
  size(row: number): number {
    this.#build();
    return this.#size[row] ?? 0;
  }

  place(row: number): number {
    this.#build();
    return this.#place[row] ?? NONE;
  }

  /** The rows of its children, by pid. */
  *children(row: number): Generator<number> {
    this.#build();
    const end = this.place(row) + this.size(row);
    for (let n = this.place(row) + 1; n < end; n += Math.max(1, this.size(this.at(n)))) yield this.at(n);
  }

  *roots(): Generator<number> {
    this.#build();
    for (let n = 0; n < this.#walked; n += Math.max(1, this.size(this.at(n)))) yield this.at(n);
  }

  /** The sum of a column over a process and all below it; NaN where nothing of it is known. */
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
    // A reading is no instant: pids that were reused while it went on can form a ring. Nobody is lost for that.
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
    // Backwards, since each is put before its siblings.
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
    // Nobody is older than its parent, also than one that adopted it: those are ancestors. It has a reused pid.
    return (rows.startTime[parent] ?? NaN) > (rows.startTime[row] ?? NaN) + rows.startSlack ? NONE : parent;
  }

  /** Walks through the subtree of a row, and gives each its place, depth and size. */
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

  /** Takes a process of a ring away from its parent. */
  #cut(): number {
    const {count} = this.#rows;
    let row = NONE;
    for (let n = 0; n < count && row === NONE; n++) if (this.#place[this.#rows.at(n)] === NONE) row = this.#rows.at(n);
    // As many steps up as there are processes end in the ring, also where this one only hangs from it.
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
