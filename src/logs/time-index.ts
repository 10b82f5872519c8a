/**
 * The time index beside a log file: lines `OFFSET WALLMS`, rising. The index may lag, be torn or be missing: times are
 * then estimated from what is available, and nothing fails.
 */
import {fstatSync} from 'node:fs';
import {readAt} from './segments.ts';

const BLOCK_BYTES = 16 * 1024;
/**
 * Maximum length of a line: two numbers of up to 16 digits. Torn lines that have run together are longer, and are
 * skipped.
 */
const MAX_LINE_BYTES = 40;
/** In 2001. An earlier time has lost its last digits. */
const EARLIEST = 1e12;
/** The latest time that a Date can hold. */
const LATEST = 8.64e15;

export interface IndexEntry {
  readonly offset: number;
  /** Wall clock, ms. */
  readonly at: number;
}

/** Returns the complete and plausible lines of `text`. With `first`, the text begins at the beginning of a line. */
function parse(text: string, first: boolean): IndexEntry[] {
  const lines = text.split('\n');
  // The text after the last newline is torn, or not completely written yet.
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
 * Returns the times of bytes in rising order, in bounded memory.
 *
 * An entry covers the bytes from its offset up to the next one; bytes before the first entry have the first one's time.
 */
export class TimeIndex {
  readonly #fd: number | null;
  /** The time for a file without any usable entry. */
  readonly #fallback: number;
  #entries: IndexEntry[] = [];
  #at = 0;
  /** Offset in the index file at which the next block begins. */
  #next = 0;
  /** The end of the index was reached; nothing is read until {@link refresh}. */
  #exhausted = false;

  constructor(fd: number | null, fallback: number) {
    this.#fd = fd;
    this.#fallback = fallback;
  }

  /** Returns the first entry for which `wanted` holds, or null. `wanted` must hold for all entries after it. */
  find(wanted: (entry: IndexEntry) => boolean): IndexEntry | null {
    const start = this.#blockBefore(wanted);
    for (let from = start; ; from += BLOCK_BYTES) {
      const {entries, end} = this.#block(from);
      const entry = entries.find(wanted);
      if (entry) return entry;
      if (end) return null;
    }
  }

  /** Whether the index has no usable entry. */
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

  /** Allows later calls to read entries that were written since. */
  refresh(): void {
    // The index was restarted with its log, which was emptied.
    if (this.#size() < this.#next) this.seek(0);
    this.#exhausted = false;
  }

  /** Returns the time of the byte at `offset`. Offsets must not fall; {@link seek} before going back. */
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

  /** Whether some entry begins at `offset` or later; if not, the index lags behind what was just read there. */
  knows(offset: number): boolean {
    while (this.#more());
    const last = this.#entries.at(-1);
    return last !== undefined && last.offset >= offset;
  }

  /** Reads the next block and drops the entries passed. Returns false if there is nothing new. */
  #more(): boolean {
    if (this.#exhausted) return false;
    const {entries, bytes} = this.#blockAt(this.#next);
    this.#next += bytes;
    this.#exhausted = bytes === 0;
    const known = this.#entries.slice(this.#at);
    for (const entry of entries) {
      // Two lines that run together, the first one torn, yield an offset that is too high: the later line is right.
      while (known.length > 1 && (known.at(-1)?.offset ?? 0) > entry.offset) known.pop();
      known.push(entry);
    }
    this.#entries = known;
    this.#at = 0;
    return !this.#exhausted;
  }

  /** Returns the complete lines of the block at `from`, the beginning of a line, and the number of their bytes. */
  #blockAt(from: number): {entries: IndexEntry[]; bytes: number} {
    if (this.#fd === null) return {entries: [], bytes: 0};
    const block = this.#readBytes(from, BLOCK_BYTES);
    const bytes = block.lastIndexOf(10) + 1;
    // A block without a newline is no index; step over it.
    if (bytes === 0) return {entries: [], bytes: block.length < BLOCK_BYTES ? 0 : block.length};
    return {entries: parse(block.toString('latin1', 0, bytes), true), bytes};
  }

  /** Returns the entries whose lines begin in the block at `from`, which may be any offset. */
  #block(from: number): {entries: IndexEntry[]; end: boolean} {
    if (this.#fd === null) return {entries: [], end: true};
    const first = from === 0;
    const block = this.#readBytes(first ? 0 : from - 1, BLOCK_BYTES + MAX_LINE_BYTES + 1);
    // With the byte before, a line that begins exactly here is not taken for a torn one.
    return {entries: parse(block.toString('latin1'), first), end: block.length < BLOCK_BYTES};
  }

  /**
   * Finds by bisection the last block boundary whose first entry is not wanted yet: the wanted entries come after it.
   */
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
