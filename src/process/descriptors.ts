/** File descriptors that stay open between readings, one per row. */
import {closeSync} from 'node:fs';

export const NO_DESCRIPTOR = -1;

export class Descriptors {
  #most: number;
  #count = 0;
  #byRow = new Int32Array(0);

  /** @param most number of descriptors kept at a time */
  constructor(most: number) {
    this.#most = most;
  }

  get count(): number {
    return this.#count;
  }

  of(row: number): number {
    return this.#byRow[row] ?? NO_DESCRIPTOR;
  }

  /** Stores the descriptor of a row that has none. Returns false if there is no room; the caller then closes it. */
  keep(row: number, fd: number): boolean {
    if (this.#count >= this.#most) return false;
    if (row >= this.#byRow.length) {
      const more = new Int32Array(Math.max(256, 2 * row)).fill(NO_DESCRIPTOR);
      more.set(this.#byRow);
      this.#byRow = more;
    }
    this.#byRow[row] = fd;
    this.#count++;
    return true;
  }

  release(row: number): void {
    const fd = this.of(row);
    if (fd === NO_DESCRIPTOR) return;
    this.#byRow[row] = NO_DESCRIPTOR;
    this.#count--;
    closeSync(fd);
  }

  /** Closes all descriptors and stores no further ones. */
  giveUp(): void {
    this.#most = 0;
    for (let row = 0; row < this.#byRow.length; row++) this.release(row);
  }
}
