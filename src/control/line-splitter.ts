/** Splits a stream of bytes into lines and buffers at most one line's limit. */
export class LineSplitter {
  readonly #limit: number;
  #parts: Buffer[] = [];
  #bytes = 0;

  /** @param limit maximum bytes of a line, without its newline. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Calls `onLine` for each line that `chunk` completes. Returns false as soon as a line exceeds the limit. */
  push(chunk: Buffer, onLine: (line: string) => void): boolean {
    let from = 0;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      if (this.#bytes + at - from > this.#limit) return false;
      onLine(this.#joinParts(chunk.subarray(from, at)));
      from = at + 1;
    }
    if (this.#bytes + chunk.length - from > this.#limit) return false;
    if (from < chunk.length) {
      // Copied, since a small rest would keep the whole chunk alive.
      this.#parts.push(from === 0 ? chunk : Buffer.from(chunk.subarray(from)));
      this.#bytes += chunk.length - from;
    }
    return true;
  }

  #joinParts(last: Buffer): string {
    if (this.#parts.length === 0) return last.toString();
    const line = Buffer.concat([...this.#parts, last]).toString();
    this.#parts = [];
    this.#bytes = 0;
    return line;
  }
}
