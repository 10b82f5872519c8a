/** The log of one stream of one instance: raw bytes, a time index beside them, rotation by rename (logs/layout.ts). */
import {
  appendFileSync,
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  statSync,
} from 'node:fs';
import {mustLeaveRoom} from './room.ts';
import {seekToEnd} from '../posix/fifo.ts';
import {
  currentIndex,
  currentLog,
  parseLogName,
  rotatedIndex,
  rotatedLog,
  STREAMS,
  type Stream,
} from '../logs/layout.ts';
import type {Source} from './source.ts';

/** How far a file may grow beyond its size while no line ends where a chunk ends. */
const PATIENCE_BYTES = 1024 * 1024;
/** Times finer than that are not told apart; a line of index for every few bytes would outgrow the log. */
const INDEX_MS = 20;
const NEWLINE = 10;
const LEAST_BYTES = 64 * 1024;

export interface LogListener {
  /** Bytes came in. */
  wrote(stream: Stream): void;
  rotated(): void;
  /** Writing fails (`ENOSPC`, ...), or goes on again (null). */
  held(stream: Stream, error: string | null): void;
}

export class LogFile {
  readonly #folder: string;
  readonly #stream: Stream;
  readonly #listener: LogListener;
  readonly #sources: Source[] = [];
  readonly #tail = Buffer.alloc(1);
  #maxSize: number;
  #fd: number | null = null;
  #size = 0;
  #indexedAt = 0;
  #held = false;
  #movedAway = false;

  constructor(folder: string, stream: Stream, maxSize: number, listener: LogListener) {
    this.#folder = folder;
    this.#stream = stream;
    this.#maxSize = maxSize;
    this.#listener = listener;
  }

  set maxSize(bytes: number) {
    this.#maxSize = bytes;
  }

  /** Sources write one after another, so the output of two runs is never mixed. */
  queue(source: Source): void {
    this.#sources.push(source);
    if (this.#sources.length === 1) queueMicrotask(() => source.start());
  }

  /** Writing has failed, and has not gone on since. */
  get held(): boolean {
    return this.#held;
  }

  /** Nobody writes, or is kept from it. */
  get isIdle(): boolean {
    return this.#sources.length === 0 && !this.#held;
  }

  isCurrent(source: Source): boolean {
    return this.#sources[0] === source;
  }

  done(source: Source): void {
    const index = this.#sources.indexOf(source);
    if (index >= 0) this.#sources.splice(index, 1);
    if (index === 0) this.#sources[0]?.start();
    if (this.#sources.length === 0) this.#close();
  }

  /** The file's descriptor, positioned at its end; null where it can't be opened: then it was reported. */
  open(): number | null {
    if (this.#movedAway) this.#close();
    if (this.#fd !== null) return this.#fd;
    try {
      mkdirSync(this.#folder, {recursive: true, mode: 0o700});
      const fd = openSync(currentLog(this.#folder, this.#stream), constants.O_RDWR | constants.O_CREAT, 0o600);
      this.#fd = fd;
      mustLeaveRoom([fd]);
      this.#size = seekToEnd(fd);
      return fd;
    } catch (error) {
      this.#close();
      this.fail(error instanceof Error && 'code' in error ? String(error.code) : String(error));
      return null;
    }
  }

  /** So many bytes may be moved at once, so that the file does not grow far beyond its size. */
  get room(): number {
    return Math.max(LEAST_BYTES, this.#maxSize - this.#size);
  }

  /** Notes that so many bytes were moved to the file. */
  wrote(bytes: number): void {
    if (this.#held) {
      this.#held = false;
      this.#listener.held(this.#stream, null);
    }
    const now = Date.now();
    // A clock that was set back is noted too: the index tells what the clock said.
    if (Math.abs(now - this.#indexedAt) >= INDEX_MS || this.#size === 0) {
      this.#indexedAt = now;
      try {
        appendFileSync(currentIndex(this.#folder, this.#stream), `${this.#size} ${now}\n`, {mode: 0o600});
      } catch {
        // The index may lag: the bytes are the truth, and their disk is the same one.
      }
    }
    this.#size += bytes;
    if (
      !this.#movedAway &&
      this.#size >= this.#maxSize &&
      (this.#endsLine() || this.#size >= this.#maxSize + PATIENCE_BYTES)
    )
      this.#rotate();
    this.#listener.wrote(this.#stream);
  }

  /** Reports once that writing fails. */
  fail(error: string): void {
    if (this.#held) return;
    this.#held = true;
    this.#listener.held(this.#stream, error);
    for (const source of this.#sources) source.held();
  }

  /** Opens the file anew at the next chunk: somebody moved it away (SIGUSR1). Until then a chunk may be under way to it. */
  reopen(): void {
    this.#movedAway = true;
  }

  #close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
    this.#movedAway = false;
  }

  #endsLine(): boolean {
    return this.#fd !== null && readSync(this.#fd, this.#tail, 0, 1, this.#size - 1) === 1 && this.#tail[0] === NEWLINE;
  }

  #rotate(): void {
    // Somebody may have cut the file short meanwhile; then there is nothing to rotate yet.
    if (this.#fd === null || fstatSync(this.#fd).size < this.#maxSize) return;
    try {
      const last = readdirSync(this.#folder)
        .map(parseLogName)
        .reduce((most, name) => Math.max(most, name?.sequence ?? 0), 0);
      // The index first: bytes without an index are still read, an index without its bytes would be taken for the next file's.
      renameSync(currentIndex(this.#folder, this.#stream), rotatedIndex(this.#folder, this.#stream, last + 1));
      renameSync(currentLog(this.#folder, this.#stream), rotatedLog(this.#folder, this.#stream, last + 1));
    } catch (error) {
      this.fail(error instanceof Error && 'code' in error ? String(error.code) : String(error));
      return;
    }
    this.#close();
    this.#size = 0;
    this.#listener.rotated();
  }
}

/** Bytes in the current log files of a folder. */
export function logSizes(folder: string): Record<Stream, number> {
  const size = (stream: Stream): number => statSync(currentLog(folder, stream), {throwIfNoEntry: false})?.size ?? 0;
  return {out: size('out'), err: size('err')};
}

/** The logs of all instances that have a run, by folder. */
export class LogFiles {
  readonly #byFolder = new Map<string, Record<Stream, LogFile>>();

  /** How many instances have some. */
  get count(): number {
    return this.#byFolder.size;
  }

  /** Both logs of an instance. */
  of(folder: string, maxSize: number, listener: LogListener): Record<Stream, LogFile> {
    const known = this.#byFolder.get(folder);
    if (known) {
      for (const stream of STREAMS) known[stream].maxSize = maxSize;
      return known;
    }
    const made = {
      out: new LogFile(folder, 'out', maxSize, listener),
      err: new LogFile(folder, 'err', maxSize, listener),
    };
    this.#byFolder.set(folder, made);
    return made;
  }

  /** No run writes there any more; another may later. */
  release(folder: string): void {
    const logs = this.#byFolder.get(folder);
    // What is held back is known to others, who must hear when it goes on.
    if (logs && STREAMS.every(stream => logs[stream].isIdle)) this.#byFolder.delete(folder);
  }

  reopen(): void {
    for (const logs of this.#byFolder.values()) for (const stream of STREAMS) logs[stream].reopen();
  }
}
