/** Follows one stream across rotations, without duplicates or gaps. */
import {closeSync, fstatSync, statSync} from 'node:fs';
import {currentIndex, currentLog, instanceLogFolder, rotatedLog, type Stream} from './layout.ts';
import type {LineCutter, Piece} from './line-cutter.ts';
import {instanceId, type Instance, type OpenStream} from './read.ts';
import {readPieces} from './row-reader.ts';
import {CHUNK_BYTES, openRow, readAt, rotatedSequences, tryOpen, type Current, type Row} from './segments.ts';
import {TimeIndex} from './time-index.ts';

/** The file being written, and how far it was read. */
interface Reading {
  readonly fd: number;
  readonly inode: number;
  indexFd: number | null;
  index: TimeIndex;
  offset: number;
}

export class FollowedStream {
  readonly instance: Instance;
  readonly stream: Stream;
  readonly #folder: string;
  readonly #cutter: LineCutter;
  #reading: Reading | null = null;
  /** Rotated files up to this number were read. */
  #lastSequence: number;
  #grewAt = Date.now();

  /**
   * Continues at the end of `open`, and takes over its row.
   *
   * @param from `start`: reads everything from the beginning, for a new instance.
   */
  constructor(fleetFolder: string, open: OpenStream, from: 'start' | 'end') {
    this.instance = open.instance;
    this.stream = open.stream;
    this.#folder = instanceLogFolder(fleetFolder, instanceId(open.instance));
    this.#cutter = open.cutter;
    if (from === 'start') {
      open.row.close();
      this.#lastSequence = 0;
    } else {
      this.#lastSequence = open.row.lastSequence;
      if (open.row.current) this.#adopt(open.row.current, open.row.segments.at(-1)?.size ?? 0);
    }
  }

  /** Yields the output since the last call. Ends when it has caught up with the files as they were when it began. */
  async *catchUp(now: number): AsyncGenerator<Piece[], void, void> {
    for (;;) {
      if (this.#reading) yield* this.#grow(this.#reading, now);
      const inode = inodeOf(currentLog(this.#folder, this.stream));
      if (inode === null ? !this.#wasRotated() : inode === this.#reading?.inode) return;
      // Output that was written between the last read and the rename.
      if (this.#reading) yield* this.#grow(this.#reading, now);
      yield* this.#turnPage();
    }
  }

  /** Returns an unfinished line that has not grown for `ms`, so that a prompt, or last words, are shown, else null. */
  stale(now: number, ms: number): Piece | null {
    return this.#cutter.pending && now - this.#grewAt >= ms ? this.#cutter.flush() : null;
  }

  close(): void {
    const reading = this.#reading;
    this.#reading = null;
    if (!reading) return;
    closeSync(reading.fd);
    if (reading.indexFd !== null) closeSync(reading.indexFd);
  }

  /**
   * Whether there is a new rotated file. After a rotation there is no current file until more is written, which may be
   * never.
   */
  #wasRotated(): boolean {
    return (rotatedSequences(this.#folder, this.stream).at(-1) ?? 0) > this.#lastSequence;
  }

  *#grow(reading: Reading, now: number): Generator<Piece[], void, void> {
    const {size, mtimeMs} = fstatSync(reading.fd);
    // The file was emptied.
    if (size < reading.offset) this.#restart(reading);
    if (size === reading.offset) return;
    this.#grewAt = now;
    if (reading.indexFd === null) this.#findIndex(reading);
    while (reading.offset < size) {
      const chunk = readAt(reading.fd, reading.offset, Math.min(CHUNK_BYTES, size - reading.offset));
      if (chunk.length === 0) return;
      const base = reading.offset;
      reading.offset += chunk.length;
      reading.index.refresh();
      // The index may lag behind the latest output; then the file's own time is the better one.
      const known = reading.index.knows(base);
      yield this.#cutter.push(chunk, base, place => (known ? reading.index.timeOf(place) : mtimeMs));
    }
  }

  #restart(reading: Reading): void {
    reading.offset = 0;
    reading.index.seek(0);
  }

  #findIndex(reading: Reading): void {
    reading.indexFd = tryOpen(currentIndex(this.#folder, this.stream));
    if (reading.indexFd === null) return;
    reading.index = new TimeIndex(reading.indexFd, Date.now());
    reading.index.seek(reading.offset);
  }

  /** Yields the output of the rotated files that were never read, and switches to the new file. */
  async *#turnPage(): AsyncGenerator<Piece[], void, void> {
    const row = openRow(this.#folder, this.stream);
    // When all rotated files are removed, the keeper counts from 1 again.
    if (row.lastSequence < this.#lastSequence) this.#lastSequence = 0;
    const fresh = this.#unread(row);
    this.close();
    this.#lastSequence = row.lastSequence;
    if (row.current) this.#adopt(row.current, 0);
    const rotated = {...row, segments: row.segments.filter(({sequence}) => sequence !== null && fresh.has(sequence))};
    yield* readPieces(rotated, {segment: 0, offset: 0}, this.#cutter, 'leave');
  }

  /** Returns the numbers of the unread rotated files: the new ones, without the one that was being read. */
  #unread(row: Row): Set<number> {
    const fresh = row.segments
      .map(({sequence}) => sequence)
      .filter(sequence => sequence !== null)
      .filter(sequence => sequence > this.#lastSequence);
    const first = fresh[0];
    if (this.#reading && first !== undefined) {
      const inode = inodeOf(rotatedLog(this.#folder, this.stream, first));
      // No inode: the file that was being read, the oldest of the new ones, is compressed already. Another inode: it is
      // removed already.
      if (inode === null || inode === this.#reading.inode) fresh.shift();
    }
    return new Set(fresh);
  }

  #adopt({fd, inode, indexFd}: Current, offset: number): void {
    const index = new TimeIndex(indexFd, Date.now());
    index.seek(offset);
    this.#reading = {fd, inode, indexFd, index, offset};
  }
}

function inodeOf(path: string): number | null {
  try {
    return statSync(path).ino;
  } catch {
    return null;
  }
}
