/**
 * The time index beside a log file: lines `OFFSET WALLMS`, rising. It may lag, be torn or be missing: then times are
 * guessed from what there is, and nothing fails.
 */
import {fstatSync} from 'node:fs';
import {readAt} from './segments.ts';

const BLOCK_BYTES = 16 * 1024;
/** No line is longer: two numbers of up to 16 digits. Torn ones run together are, and are skipped. */
const MAX_LINE_BYTES = 40;
/** In 2001. An earlier time is one whose last digits were torn off. */
const EARLIEST = 1e12;
/** The last that a Date can hold. */
const LATEST = 8.64e15;

export interface IndexEntry {
  readonly offset: number;
  /** Wall clock, ms. */
  readonly at: number;
}

/** Complete and sensible lines of `text`; with `first`, its beginning is a line's beginning. */
function parse(text: string, first: boolean): IndexEntry[] {
  const lines = text.split('\n');
  // What follows the last newline is torn, or not yet written.
  lines.pop();
  if (!first) lines.shift();
  const entries: IndexEntry[] = [];
  for (const line of lines) {
    const match = /^(\d{1,16}) (\d{1,16})$/.exec(line);
    const at = Number(match?.[2]);
    if (at >= EARLIEST && at <= LATEST) entries.push({offset: Number(match?.[1]), at});
  }
  return entries;
}

/**
 * Tells the time of bytes in rising order, in bounded memory.
 *
 * An entry covers the bytes from its offset up to the next one; bytes before the first have the first one's time.
 */
export class TimeIndex {
  readonly #fd: number | null;
  /** For a file without any usable entry. */
  readonly #fallback: number;
  #entries: IndexEntry[] = [];
  #at = 0;
  /** Where in the index file the next block begins. */
  #next = 0;
  /** Its end was seen; nothing is read until {@link refresh}. */
  #exhausted = false;

  constructor(fd: number | null, fallback: number) {
    this.#fd = fd;
    this.#fallback = fallback;
  }

  /** The first entry for which `wanted` holds, given that it holds for all after it; null if for none. */
  find(wanted: (entry: IndexEntry) => boolean): IndexEntry | null {
    const start = this.#blockBefore(wanted);
    for (let from = start; ; from += BLOCK_BYTES) {
      const {entries, end} = this.#block(from);
      const entry = entries.find(wanted);
      if (entry) return entry;
      if (end) return null;
    }
  }

  /** Whether it has no usable entry. */
  empty(): boolean {
    return this.find(() => true) === null;
  }

  /** Makes the next {@link timeOf} begin near `offset`. */
  seek(offset: number): void {
    this.#next = this.#blockBefore(entry => entry.offset > offset);
    this.#entries = [];
    this.#at = 0;
    this.#exhausted = false;
  }

  /** What was written since may be looked at. */
  refresh(): void {
    // It was begun anew with its log, which somebody had emptied.
    if (this.#size() < this.#next) this.seek(0);
    this.#exhausted = false;
  }

  /** The time of the byte at `offset`. Offsets must not fall; {@link seek} before going back. */
  timeOf(offset: number): number {
    for (;;) {
      const next = this.#entries[this.#at + 1];
      if (next) {
        if (next.offset > offset) break;
        this.#at++;
      } else if (!this.#more()) break;
    }
    return this.#entries[this.#at]?.at ?? this.#fallback;
  }

  /** Whether some entry begins at `offset` or later: else the index lags behind what was just read there. */
  knows(offset: number): boolean {
    while (this.#more());
    const last = this.#entries.at(-1);
    return last !== undefined && last.offset >= offset;
  }

  /** Reads on; false where there is nothing new. What was passed is dropped. */
  #more(): boolean {
    if (this.#exhausted) return false;
    const {entries, bytes} = this.#blockAt(this.#next);
    this.#next += bytes;
    this.#exhausted = bytes === 0;
    const known = this.#entries.slice(this.#at);
    for (const entry of entries) {
      // Two lines run together, of which the first was torn, make an offset that is too high: the later line is right.
      while (known.length > 1 && (known.at(-1)?.offset ?? 0) > entry.offset) known.pop();
      known.push(entry);
    }
    this.#entries = known;
    this.#at = 0;
    return !this.#exhausted;
  }

  /** The complete lines of the block that begins at a line's beginning, and how many bytes they take. */
  #blockAt(from: number): {entries: IndexEntry[]; bytes: number} {
    if (this.#fd === null) return {entries: [], bytes: 0};
    const block = this.#readBytes(from, BLOCK_BYTES);
    const bytes = block.lastIndexOf(10) + 1;
    // A block without a newline is no index; step over it.
    if (bytes === 0) return {entries: [], bytes: block.length < BLOCK_BYTES ? 0 : block.length};
    return {entries: parse(block.toString('latin1', 0, bytes), true), bytes};
  }

  /** The entries whose lines begin in the block at `from`, which may be anywhere. */
  #block(from: number): {entries: IndexEntry[]; end: boolean} {
    if (this.#fd === null) return {entries: [], end: true};
    const first = from === 0;
    const block = this.#readBytes(first ? 0 : from - 1, BLOCK_BYTES + MAX_LINE_BYTES + 1);
    // With the byte before, a line that begins exactly here is not taken for a torn one.
    return {entries: parse(block.toString('latin1'), first), end: block.length < BLOCK_BYTES};
  }

  /** By bisection: the last block boundary whose first entry is not wanted yet, so that what is wanted comes after it. */
  #blockBefore(wanted: (entry: IndexEntry) => boolean): number {
    if (this.#fd === null) return 0;
    let low = 0;
    let high = Math.floor(this.#size() / BLOCK_BYTES);
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const entry = this.#block(middle * BLOCK_BYTES).entries[0];
      if (!entry || wanted(entry)) high = middle - 1;
      else low = middle;
    }
    return this.#lineStart(low * BLOCK_BYTES);
  }

  #lineStart(from: number): number {
    if (from === 0 || this.#fd === null) return 0;
    const block = this.#readBytes(from - 1, BLOCK_BYTES);
    const newline = block.indexOf(10);
    return newline === -1 ? from : from + newline;
  }

  #readBytes(from: number, length: number): Buffer {
    try {
      return this.#fd === null ? Buffer.alloc(0) : readAt(this.#fd, from, length);
    } catch {
      return Buffer.alloc(0);
    }
  }

  #size(): number {
    try {
      return this.#fd === null ? 0 : fstatSync(this.#fd).size;
    } catch {
      return 0;
    }
  }
}
