/** The log of one stream of one instance: raw bytes, a time index beside them, rotation by rename (logs/layout.ts). */
import {errorCode} from '../../base/errors.ts';
import {fstatSync} from 'node:fs';
import type {LogDisk} from './disk.ts';
import {closeGap} from './gap.ts';
import {LogIndex} from './index-thread.ts';
import {LOST, placeOf, type Place} from './place.ts';
import type {LogListener} from './listener.ts';
import {openLog, type Opened} from './open-log.ts';
import {isDue, rotateLog} from './rotation.ts';
import {Gate, Turns, type Turn} from './turns.ts';
import {LogWitness} from './witness.ts';
import {mustLeaveRoom} from '../files/descriptor-reserve.ts';
import {seekToEnd} from '../../posix/fifo.ts';
import {currentIndex, currentLog, type Stream} from '../../logs/layout.ts';

/** Resolution of the index: a line for every few bytes would outgrow the log. */
const INDEX_MS = 20;
const LEAST_BYTES = 64 * 1024;

export class LogFile {
  readonly #folder: string;
  readonly #stream: Stream;
  readonly #listener: LogListener;
  readonly #disk: LogDisk;
  readonly #index: LogIndex;
  readonly #turns = new Turns();
  readonly #witness = new LogWitness();
  #maxSize: number;
  #fd: number | null = null;
  #size = 0;
  #indexedAt = 0;
  #held = false;
  /** The file was moved away, as SIGUSR1 has announced. */
  #movedAway = false;
  /** Closed while the file is being rotated, or reopened without a writer. */
  readonly #gate = new Gate();
  /** A chunk is being moved to the file. */
  #isLent = false;
  /** A check whether the file is still at its path is under way. */
  #isLooking = false;
  /** The result of that check, if a chunk was being moved at its end. */
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
    this.#turns.add(source);
  }

  /** Writing has failed and has not resumed since. */
  get held(): boolean {
    return this.#held;
  }

  /** No source writes or waits, and writing has not failed. */
  get isIdle(): boolean {
    return this.#turns.isEmpty && !this.#held;
  }

  isCurrent(source: Turn): boolean {
    return this.#turns.isCurrent(source);
  }

  done(source: Turn): void {
    this.#turns.end(source);
    if (this.#turns.isEmpty) this.#close();
  }

  /**
   * Calls back with the file's descriptor, positioned at its end, or with null if the file can't be opened, which was
   * reported. If the file was removed, replaced or truncated since the last call, writing continues in the file at the
   * path. The caller must report the outcome by {@link wrote} or {@link wroteNothing}.
   */
  open(done: (fd: number | null) => void): void {
    const fd = this.#fd;
    const lend = (opened: number | null): void => {
      this.#isLent = opened !== null;
      done(opened);
    };
    if (this.#gate.isClosed) this.#gate.wait(() => this.open(done));
    else if (fd === null || this.#movedAway) this.#openAnew(lend);
    else if (this.#lost !== null || !this.#isThere(fd)) {
      this.#repaired(LOST[this.#lost ?? 'removed']);
      this.#openAnew(lend);
    } else lend(fd);
  }

  /** Checks whether the file is still at its path and restores it if not, even without a writer. */
  sweep(): void {
    this.#wasToldRepaired = false;
    const fd = this.#fd;
    // A disk that does not answer gets one check only.
    if (fd === null || this.#gate.isClosed || this.#isLooking) return;
    this.#isLooking = true;
    this.#disk.run(
      () => placeOf(this.#path, fd),
      result => {
        this.#isLooking = false;
        // A file that can't be checked may still be writable.
        if ('error' in result || result.value === 'there' || this.#fd !== fd || this.#gate.isClosed) return;
        if (this.#isLent) this.#lost = result.value;
        else this.#putBack(result.value);
      },
    );
  }

  /** Bytes that may be moved at once, so that the file does not grow far beyond its maximum size. */
  get room(): number {
    return Math.max(LEAST_BYTES, this.#maxSize - this.#size);
  }

  wroteNothing(): void {
    this.#isLent = false;
  }

  /** Records that `bytes` were moved to the file. Calls back when the next bytes may follow. */
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
      this.#witness.checkWrite(fd, this.#size, bytes, looked => {
        if (looked === 'whole') count();
        else this.#closeGap(fd, bytes, count);
      });
  }

  #count(bytes: number): void {
    const now = Date.now();
    // A clock that was set back is recorded too: the index shows the clock's time.
    if (Math.abs(now - this.#indexedAt) >= INDEX_MS || this.#size === 0) {
      this.#indexedAt = now;
      this.#index.note(this.#size, now);
    }
    this.#size += bytes;
    if (!this.#movedAway && isDue(this.#size, this.#maxSize, this.#witness.lastByte)) this.#rotate();
    this.#listener.wrote(this.#stream);
  }

  fail(error: string): void {
    if (this.#held) return;
    this.#held = true;
    this.#listener.held(this.#stream, error);
    this.#turns.held();
  }

  /** Reopens the file at the next chunk, since it was moved away (SIGUSR1). A chunk may still be on its way to it. */
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

  /** Returns false if the file has no name any more. A truncated file is continued at its end. */
  #isThere(fd: number): boolean {
    const {nlink, size} = fstatSync(fd);
    if (nlink === 0) return false;
    // At the old offset, zeros would fill the gap.
    if (size < this.#size) {
      this.#size = seekToEnd(fd);
      this.#index.cutTo(this.#size);
      this.#witness.begin();
      this.#repaired('it was truncated; writing continues at its end');
    }
    return true;
  }

  /** Repairs a file that was truncated in the moment in which bytes were written at its former end. */
  #closeGap(fd: number, bytes: number, done: () => void): void {
    this.#disk.run(
      () => closeGap(this.#path, fd, this.#size, bytes),
      result => {
        if ('error' in result)
          this.#repaired(`it was truncated during a write, and contains zeros there (${result.error})`);
        else if (result.value !== null) {
          const {fd: reopened, kept, tail} = result.value;
          this.#disk.close(fd);
          this.#fd = reopened;
          this.#size = kept;
          this.#index.cutTo(kept);
          this.#witness.begin(tail, kept + bytes - tail.length);
          this.#repaired('it was truncated during a write; writing continues without a gap');
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
        const error = 'error' in result ? result.error : this.#useFile(result.value);
        if (error !== null) this.fail(error);
        done(this.#fd);
      },
    );
  }

  /**
   * Reopens the file while no source writes. The old one stays open until then; a failure is left to the next sweep.
   */
  #putBack(lost: Exclude<Place, 'there'>): void {
    const before = this.#fd;
    this.#gate.close();
    this.#disk.run(
      () => this.#opened(),
      result => {
        if ('value' in result) {
          // Meanwhile the last run may have ended.
          if (before === null || this.#fd !== before) this.#disk.close(result.value.fd);
          else if (this.#useFile(result.value) === null) {
            this.#disk.close(before);
            if (!this.#movedAway) this.#repaired(LOST[lost]);
            this.#movedAway = false;
          }
        }
        this.#gate.open();
      },
    );
  }

  /** Switches to an opened file. Returns the error that prevents it, or null. */
  #useFile({fd, tail, offset}: Opened): string | null {
    try {
      mustLeaveRoom([fd]);
      this.#size = seekToEnd(fd);
    } catch (error) {
      this.#disk.close(fd);
      return errorCode(error, String(error));
    }
    this.#fd = fd;
    this.#witness.begin(tail, offset);
    if (this.#size === 0) this.#index.cutTo(0);
    return null;
  }

  #repaired(message: string): void {
    if (this.#wasToldRepaired) return;
    this.#wasToldRepaired = true;
    this.#listener.repaired(this.#stream, `${this.#path}: ${message}`);
  }

  #rotate(): void {
    // The file may have been truncated meanwhile; no rotation is due then.
    if (this.#fd === null || fstatSync(this.#fd).size < this.#maxSize) return;
    this.#gate.close();
    this.#disk.run(
      async () => {
        await this.#index.write();
        return rotateLog(this.#folder, this.#stream);
      },
      result => {
        if ('error' in result) this.fail(result.error);
        else {
          this.#close();
          this.#size = 0;
          if (result.value) this.#listener.rotated();
        }
        this.#gate.open();
      },
    );
  }

  #opened(): Promise<Opened> {
    return openLog(this.#folder, this.#path, fd => this.#disk.close(fd));
  }
}
