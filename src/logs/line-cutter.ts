/** Cuts the bytes of a stream into lines with their times. Lines that are too long are split into parts. */

/** Maximum bytes of a line, or of a part of one. */
export const MAX_PART_BYTES = 64 * 1024;

/** A line, or a part of one. */
export interface Piece {
  /** Wall clock, ms: when its first byte was moved to the log. */
  readonly at: number;
  /** Without its newline. Invalid UTF-8 is replaced. */
  readonly line: string;
  /** More of this line follows. */
  readonly partial: boolean;
  /** True for the beginning of a line; false for the second and further parts. */
  readonly start: boolean;
}

const NEWLINE = 10;

export class LineCutter {
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** Time of the first held byte. */
  #heldAt = 0;
  #start = true;

  /** Whether a line has begun and not ended. */
  get pending(): boolean {
    return this.#heldBytes > 0;
  }

  /**
   * Returns the pieces that `chunk` completes. `base` is the offset of its first byte; `timeOf` is called with rising
   * offsets.
   */
  push(chunk: Buffer, base: number, timeOf: (offset: number) => number): Piece[] {
    const pieces: Piece[] = [];
    let from = 0;
    while (from < chunk.length) {
      if (this.#heldBytes === 0) this.#heldAt = timeOf(base + from);
      const newline = chunk.indexOf(NEWLINE, from);
      const end = newline === -1 ? chunk.length : newline;
      const room = MAX_PART_BYTES - this.#heldBytes;
      if (end - from > room) {
        this.#hold(chunk.subarray(from, from + room));
        from += room;
        pieces.push(this.#part());
      } else if (newline === -1) {
        // A copy: the chunk may be large, and its owner may reuse it.
        this.#hold(Buffer.from(chunk.subarray(from)));
        return pieces;
      } else {
        pieces.push(this.#line(chunk.subarray(from, end)));
        from = newline + 1;
      }
    }
    return pieces;
  }

  /** Returns the rest of a line whose end did not come, or null if there is none. */
  flushRest(): Piece | null {
    return this.#heldBytes > 0 || !this.#start ? this.#line(Buffer.alloc(0)) : null;
  }

  /** Returns the held bytes as a part, or null: for a follower that does not wait for the end of the line. */
  flush(): Piece | null {
    return this.#heldBytes > 0 ? this.#part() : null;
  }

  #hold(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
  }

  #line(last: Buffer): Piece {
    const bytes = this.#heldBytes === 0 ? last : Buffer.concat([...this.#held, last]);
    const piece = {at: this.#heldAt, line: bytes.toString(), partial: false, start: this.#start};
    this.#held = [];
    this.#heldBytes = 0;
    this.#start = true;
    return piece;
  }

  /** Returns the held bytes as a part, except an incomplete character at their end. */
  #part(): Piece {
    const bytes = Buffer.concat(this.#held);
    const whole = wholeCharacters(bytes);
    const piece = {at: this.#heldAt, line: bytes.toString('utf8', 0, whole), partial: true, start: this.#start};
    this.#held = whole < bytes.length ? [Buffer.from(bytes.subarray(whole))] : [];
    this.#heldBytes = bytes.length - whole;
    this.#start = false;
    return piece;
  }
}

/** Returns the number of bytes up to the end of the last complete character (utf-8(7)); all if they are not UTF-8. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needs > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
