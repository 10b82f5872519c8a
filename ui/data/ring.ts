/** A ring buffer of numbers. */
export class Ring {
  readonly #values: Float64Array;
  #count = 0;
  #next = 0;

  constructor(capacity: number) {
    this.#values = new Float64Array(capacity);
  }

  get length(): number {
    return this.#count;
  }

  push(value: number): void {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#values.length;
    this.#count = Math.min(this.#count + 1, this.#values.length);
  }

  /** Returns the n-th value from the end, 0 being the latest; NaN if there are fewer values. */
  back(n: number): number {
    if (n >= this.#count) return NaN;
    const {length} = this.#values;
    return this.#values[(this.#next - 1 - n + 2 * length) % length] ?? NaN;
  }
}
