/** One stream that is followed: across rotations, with nothing doubled and nothing left out. */
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
   * Goes on at the end of what `open` has, whose row it takes over.
   *
   * @param from `start`: everything that is there is still to be read, for an instance that is new.
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

  /** What was written since the last time. Ends when it has caught up with what there was when it began. */
  async *catchUp(now: number): AsyncGenerator<Piece[], void, void> {
    for (;;) {
      if (this.#reading) yield* this.#grow(this.#reading, now);
      const inode = inodeOf(currentLog(this.#folder, this.stream));
      if (inode === null ? !this.#wasRotated() : inode === this.#reading?.inode) return;
      // What was written between the last read and the rename.
      if (this.#reading) yield* this.#grow(this.#reading, now);
      yield* this.#turnPage();
    }
  }

  /** A line that has stood without its end for `ms`, so that a prompt, or last words, are seen. */
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

  /** After a rotation there is no current file until more is written, which may be never: then the rotated ones tell. */
  #wasRotated(): boolean {
    return (rotatedSequences(this.#folder, this.stream).at(-1) ?? 0) > this.#lastSequence;
  }

  *#grow(reading: Reading, now: number): Generator<Piece[], void, void> {
    const {size, mtimeMs} = fstatSync(reading.fd);
    // Somebody has emptied the file.
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
      // The index may lag behind what was just written; then the file's own time is the better one.
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

  /** After a rotation: what was rotated meanwhile and never read, then the new file. */
  async *#turnPage(): AsyncGenerator<Piece[], void, void> {
    const row = openRow(this.#folder, this.stream);
    // With all rotated files removed, the keeper counts from 1 again.
    if (row.lastSequence < this.#lastSequence) this.#lastSequence = 0;
    const fresh = this.#unread(row);
    this.close();
    this.#lastSequence = row.lastSequence;
    if (row.current) this.#adopt(row.current, 0);
    const rotated = {...row, segments: row.segments.filter(({sequence}) => sequence !== null && fresh.has(sequence))};
    yield* readPieces(rotated, {segment: 0, offset: 0}, this.#cutter, 'leave');
  }

  /** Numbers of the rotated files that were not read: those that are new, without the one that was being read. */
  #unread(row: Row): Set<number> {
    const fresh = row.segments
      .map(({sequence}) => sequence)
      .filter(sequence => sequence !== null)
      .filter(sequence => sequence > this.#lastSequence);
    const first = fresh[0];
    if (this.#reading && first !== undefined) {
      const inode = inodeOf(rotatedLog(this.#folder, this.stream, first));
      // Compressed already: it is the oldest of the new ones. Another inode: what was being read is removed already.
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
