/** The log of one stream of one instance: raw bytes, a time index beside them, rotation by rename (logs/layout.ts). */
import {constants, fstat as fstatFile, fstatSync, open as openFile, read as readFile, statSync} from 'node:fs';
import {readdir, rename} from 'node:fs/promises';
import {promisify} from 'node:util';
import type {LogDisk} from './disk.ts';
import {closeGap} from './gap.ts';
import {LogIndex} from './index-thread.ts';
import {placeOf, type Place} from './place.ts';
import {LogWitness, TAIL_BYTES} from './witness.ts';
import {makeFolderBelow} from '../files/make-folder.ts';
import {mustLeaveRoom} from '../files/descriptor-reserve.ts';
import {seekToEnd} from '../../posix/fifo.ts';
import {currentIndex, currentLog, parseLogName, rotatedIndex, rotatedLog, type Stream} from '../../logs/layout.ts';

/** How far a file may grow beyond its size while no line ends where a chunk ends. */
const PATIENCE_BYTES = 1024 * 1024;
/** Times finer than that are not told apart; a line of index for every few bytes would outgrow the log. */
const INDEX_MS = 20;
const NEWLINE = 10;
const LEAST_BYTES = 64 * 1024;

/** As numbers: a FileHandle would close itself some time. */
const open = promisify(openFile);
const fstat = promisify(fstatFile);
const read = promisify(readFile);

const codeOf = (error: unknown): string | null =>
  error instanceof Error && 'code' in error ? String(error.code) : null;
const isMissing = (error: unknown): boolean => codeOf(error) === 'ENOENT';

const LOST: Readonly<Record<Exclude<Place, 'there'>, string>> = {
  removed: 'it was removed, and is made anew',
  elsewhere: 'it was moved away or replaced, and is opened anew',
};

interface Opened {
  readonly fd: number;
  /** The last bytes, and where they begin. */
  readonly tail: Uint8Array;
  readonly offset: number;
}

export interface LogListener {
  /** Bytes came in. */
  wrote(stream: Stream): void;
  rotated(): void;
  /** Writing fails (`ENOSPC`, ...), or goes on again (null). */
  held(stream: Stream, error: string | null): void;
  /** The file was not any more what was being written to, and is again. */
  repaired(stream: Stream, message: string): void;
}

/** Who waits for its turn to write. */
export interface Turn {
  start(): void;
  /** The log can't be written for now. */
  held(): void;
}

export class LogFile {
  readonly #folder: string;
  readonly #stream: Stream;
  readonly #listener: LogListener;
  readonly #disk: LogDisk;
  readonly #index: LogIndex;
  readonly #sources: Turn[] = [];
  readonly #witness = new LogWitness();
  #maxSize: number;
  #fd: number | null = null;
  #size = 0;
  #indexedAt = 0;
  #held = false;
  /** Somebody moved it away, and has said so. */
  #movedAway = false;
  /** The file is being rotated, or opened where nobody writes. */
  #isBusy = false;
  /** Whoever wants to write meanwhile. */
  readonly #waiting: (() => void)[] = [];
  /** A chunk is under way to the file. */
  #isLent = false;
  /** It is being looked whether the file is still at its path. */
  #isLooking = false;
  /** What was found then, while a chunk was under way. */
  #lost: Exclude<Place, 'there'> | null = null;
  #wasToldRepaired = false;

  constructor(folder: string, stream: Stream, maxSize: number, listener: LogListener, disk: LogDisk) {
    this.#folder = folder;
    this.#disk = disk;
    this.#index = new LogIndex(currentIndex(folder, stream), disk);
    this.#stream = stream;
    this.#maxSize = maxSize;
    this.#listener = listener;
  }

  set maxSize(bytes: number) {
    this.#maxSize = bytes;
  }

  /** Sources write one after another, so the output of two runs is never mixed. */
  queue(source: Turn): void {
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

  isCurrent(source: Turn): boolean {
    return this.#sources[0] === source;
  }

  done(source: Turn): void {
    const index = this.#sources.indexOf(source);
    if (index >= 0) this.#sources.splice(index, 1);
    if (index === 0) this.#sources[0]?.start();
    if (this.#sources.length === 0) this.#close();
  }

  /**
   * Gives the file's descriptor, positioned at its end; null where it can't be opened: then it was reported. The file
   * may have been removed, replaced or cut short since the last time: what is written then goes to where it is found.
   * What came of it must be told by {@link wrote} or {@link wroteNothing}.
   */
  open(done: (fd: number | null) => void): void {
    const fd = this.#fd;
    const lend = (opened: number | null): void => {
      this.#isLent = opened !== null;
      done(opened);
    };
    if (this.#isBusy) this.#waiting.push(() => this.open(done));
    else if (fd === null || this.#movedAway) this.#openAnew(lend);
    else if (this.#lost !== null || !this.#isThere(fd)) {
      this.#repaired(LOST[this.#lost ?? 'removed']);
      this.#openAnew(lend);
    } else lend(fd);
  }

  /** Looks whether the file is still at its path, and puts it back if not, also where nobody writes. */
  sweep(): void {
    this.#wasToldRepaired = false;
    const fd = this.#fd;
    // A disk that does not answer is asked once.
    if (fd === null || this.#isBusy || this.#isLooking) return;
    this.#isLooking = true;
    this.#disk.run(
      () => placeOf(this.#path, fd),
      result => {
        this.#isLooking = false;
        // What can't be looked at may still be written to.
        if ('error' in result || result.value === 'there' || this.#fd !== fd || this.#isBusy) return;
        if (this.#isLent) this.#lost = result.value;
        else this.#putBack(result.value);
      },
    );
  }

  /** So many bytes may be moved at once, so that the file does not grow far beyond its size. */
  get room(): number {
    return Math.max(LEAST_BYTES, this.#maxSize - this.#size);
  }

  /** Nothing came, or it could not be moved. */
  wroteNothing(): void {
    this.#isLent = false;
  }

  /** Notes that so many bytes were moved to the file. Calls back when the next ones may come. */
  wrote(bytes: number, done: () => void): void {
    if (this.#held) {
      this.#held = false;
      this.#listener.held(this.#stream, null);
    }
    const fd = this.#fd;
    const count = (): void => {
      this.#isLent = false;
      this.#count(bytes);
      done();
    };
    if (fd === null) count();
    else
      this.#witness.look(fd, this.#size, bytes, looked => {
        if (looked === 'whole') count();
        else this.#closeGap(fd, bytes, count);
      });
  }

  #count(bytes: number): void {
    const now = Date.now();
    // A clock that was set back is noted too: the index tells what the clock said.
    if (Math.abs(now - this.#indexedAt) >= INDEX_MS || this.#size === 0) {
      this.#indexedAt = now;
      this.#index.note(this.#size, now);
    }
    this.#size += bytes;
    if (
      !this.#movedAway &&
      this.#size >= this.#maxSize &&
      (this.#witness.lastByte === NEWLINE || this.#size >= this.#maxSize + PATIENCE_BYTES)
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
    if (this.#fd !== null) this.#disk.close(this.#fd);
    this.#fd = null;
    this.#movedAway = false;
    this.#lost = null;
  }

  get #path(): string {
    return currentLog(this.#folder, this.#stream);
  }

  /** False where nobody can find it any more; of one that was cut short, writing goes on at its end. */
  #isThere(fd: number): boolean {
    const {nlink, size} = fstatSync(fd);
    if (nlink === 0) return false;
    // At the old place, zeros would fill the gap.
    if (size < this.#size) {
      this.#size = seekToEnd(fd);
      this.#index.cutTo(this.#size);
      this.#witness.begin();
      this.#repaired('it was cut short, and is continued at its end');
    }
    return true;
  }

  /** Somebody has cut the file short in the moment in which bytes were written at what had been its end. */
  #closeGap(fd: number, bytes: number, done: () => void): void {
    this.#disk.run(
      () => closeGap(this.#path, fd, this.#size, bytes),
      result => {
        if ('error' in result)
          this.#repaired(`it was cut short while it was written to, and has zeros in that place (${result.error})`);
        else if (result.value !== null) {
          const {fd: mended, kept, tail} = result.value;
          this.#disk.close(fd);
          this.#fd = mended;
          this.#size = kept;
          this.#index.cutTo(kept);
          this.#witness.begin(tail, kept + bytes - tail.length);
          this.#repaired('it was cut short while it was written to, and is continued without a gap');
        }
        done();
      },
    );
  }

  #openAnew(done: (fd: number | null) => void): void {
    this.#close();
    this.#disk.run(
      () => this.#opened(),
      result => {
        const error = 'error' in result ? result.error : this.#take(result.value);
        if (error !== null) this.fail(error);
        done(this.#fd);
      },
    );
  }

  /** Nobody writes: what was open is kept until there is something else, and a failure is for the next look. */
  #putBack(lost: Exclude<Place, 'there'>): void {
    const before = this.#fd;
    this.#isBusy = true;
    this.#disk.run(
      () => this.#opened(),
      result => {
        if ('value' in result) {
          // Meanwhile the last run may have ended.
          if (before === null || this.#fd !== before) this.#disk.close(result.value.fd);
          else if (this.#take(result.value) === null) {
            this.#disk.close(before);
            if (!this.#movedAway) this.#repaired(LOST[lost]);
            this.#movedAway = false;
          }
        }
        this.#goOn();
      },
    );
  }

  /** A piece of the disk's work. */
  async #opened(): Promise<Opened> {
    const flags = constants.O_RDWR | constants.O_CREAT;
    const attempt = (): Promise<number> => open(this.#path, flags, 0o600);
    const fd = await attempt().catch(async (error: unknown) => {
      if (!isMissing(error)) throw error;
      await makeFolderBelow(this.#folder);
      return attempt();
    });
    try {
      const {size} = await fstat(fd);
      const offset = Math.max(0, size - TAIL_BYTES);
      const {buffer, bytesRead} = await read(fd, Buffer.alloc(size - offset), 0, size - offset, offset);
      return {fd, offset, tail: buffer.subarray(0, bytesRead)};
    } catch (error) {
      this.#disk.close(fd);
      throw error;
    }
  }

  /** Writes to this file from now on; or says why that can't be. */
  #take({fd, tail, offset}: Opened): string | null {
    try {
      mustLeaveRoom([fd]);
      this.#size = seekToEnd(fd);
    } catch (error) {
      this.#disk.close(fd);
      return codeOf(error) ?? String(error);
    }
    this.#fd = fd;
    this.#witness.begin(tail, offset);
    if (this.#size === 0) this.#index.cutTo(0);
    return null;
  }

  #goOn(): void {
    this.#isBusy = false;
    for (const goOn of this.#waiting.splice(0)) goOn();
  }

  #repaired(message: string): void {
    if (this.#wasToldRepaired) return;
    this.#wasToldRepaired = true;
    this.#listener.repaired(this.#stream, `${this.#path}: ${message}`);
  }

  #rotate(): void {
    // Somebody may have cut the file short meanwhile; then there is nothing to rotate yet.
    if (this.#fd === null || fstatSync(this.#fd).size < this.#maxSize) return;
    this.#isBusy = true;
    this.#disk.run(
      () => this.#rename(),
      result => {
        if ('error' in result) this.fail(result.error);
        else {
          this.#close();
          this.#size = 0;
          if (result.value) this.#listener.rotated();
        }
        this.#goOn();
      },
    );
  }

  /** A piece of the disk's work; answers whether there was anything to rename. */
  async #rename(): Promise<boolean> {
    const folder = this.#folder;
    const stream = this.#stream;
    await this.#index.write();
    try {
      const names = await readdir(folder);
      const last = names.map(parseLogName).reduce((most, name) => Math.max(most, name?.sequence ?? 0), 0);
      // The index first: bytes without an index are still read, an index without its bytes would be taken for the next file's.
      try {
        await rename(currentIndex(folder, stream), rotatedIndex(folder, stream, last + 1));
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
      await rename(currentLog(folder, stream), rotatedLog(folder, stream, last + 1));
      return true;
    } catch (error) {
      if (!isMissing(error)) throw error;
      return false; // somebody removed it meanwhile
    }
  }
}

/** Bytes in the current log files of a folder. */
export function logSizes(folder: string): Record<Stream, number> {
  const size = (stream: Stream): number => statSync(currentLog(folder, stream), {throwIfNoEntry: false})?.size ?? 0;
  return {out: size('out'), err: size('err')};
}
