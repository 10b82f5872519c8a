/** The log of one stream of one instance: raw bytes, a time index beside them, rotation by rename (logs/layout.ts). */
import {constants, fstatSync, open as openFile, readSync, statSync} from 'node:fs';
import {readdir, rename, stat} from 'node:fs/promises';
import {promisify} from 'node:util';
import {LogDisk} from './log-disk.ts';
import {LogIndex} from './log-index.ts';
import {makeFolderBelow} from './make-folder.ts';
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

/** As numbers: a FileHandle would close itself some time. */
const open = promisify(openFile);

const codeOf = (error: unknown): string | null =>
  error instanceof Error && 'code' in error ? String(error.code) : null;
const isMissing = (error: unknown): boolean => codeOf(error) === 'ENOENT';

export interface LogListener {
  /** Bytes came in. */
  wrote(stream: Stream): void;
  rotated(): void;
  /** Writing fails (`ENOSPC`, ...), or goes on again (null). */
  held(stream: Stream, error: string | null): void;
  /** The file was not any more what was being written to, and is again. */
  repaired(stream: Stream, message: string): void;
}

export class LogFile {
  readonly #folder: string;
  readonly #stream: Stream;
  readonly #listener: LogListener;
  readonly #disk: LogDisk;
  readonly #index: LogIndex;
  readonly #sources: Source[] = [];
  readonly #tail = Buffer.alloc(1);
  #maxSize: number;
  #fd: number | null = null;
  #size = 0;
  #indexedAt = 0;
  #held = false;
  #movedAway = false;
  #rotating = false;
  /** Whoever wants to write meanwhile. */
  readonly #waiting: (() => void)[] = [];
  /** Before the next chunk it is looked whether the file is still at its path. */
  #isLookDue = false;
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

  /**
   * Gives the file's descriptor, positioned at its end; null where it can't be opened: then it was reported. The file
   * may have been removed, replaced or cut short since the last time: what is written then goes to where it is found.
   */
  open(done: (fd: number | null) => void): void {
    const fd = this.#fd;
    if (this.#rotating) this.#waiting.push(() => this.open(done));
    else if (fd === null || this.#movedAway) this.#openAnew(done);
    else if (!this.#isThere(fd)) {
      this.#repaired('it was removed, and is made anew');
      this.#openAnew(done);
    } else if (this.#isLookDue) this.#lookForPath(fd, done);
    else done(fd);
  }

  /** Looks before the next chunk whether the file is still at its path. */
  sweep(): void {
    this.#isLookDue = true;
    this.#wasToldRepaired = false;
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
      this.#index.note(this.#size, now);
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
    if (this.#fd !== null) this.#disk.close(this.#fd);
    this.#fd = null;
    this.#movedAway = false;
  }

  /** False where nobody can find it any more; of one that was cut short, writing goes on at its end. */
  #isThere(fd: number): boolean {
    const {nlink, size} = fstatSync(fd);
    if (nlink === 0) return false;
    // At the old place, zeros would fill the gap.
    if (size < this.#size) {
      this.#size = seekToEnd(fd);
      if (this.#size === 0) this.#index.begin();
      this.#repaired('it was cut short, and is continued at its end');
    }
    return true;
  }

  #lookForPath(fd: number, done: (fd: number | null) => void): void {
    this.#isLookDue = false;
    const path = currentLog(this.#folder, this.#stream);
    const look = (): Promise<boolean> =>
      stat(path).then(
        found => {
          const held = fstatSync(fd);
          return found.ino === held.ino && found.dev === held.dev;
        },
        // What can't be looked at may still be written to.
        (error: unknown) => !isMissing(error),
      );
    this.#disk.run(look, result => {
      if ('value' in result && !result.value) {
        this.#repaired('it was moved away or replaced, and is opened anew');
        this.#openAnew(done);
      } else done(fd);
    });
  }

  #openAnew(done: (fd: number | null) => void): void {
    this.#close();
    this.#isLookDue = false;
    const path = currentLog(this.#folder, this.#stream);
    const opened = async (): Promise<number> => {
      const flags = constants.O_RDWR | constants.O_CREAT;
      try {
        return await open(path, flags, 0o600);
      } catch (error) {
        if (!isMissing(error)) throw error;
        await makeFolderBelow(this.#folder);
        return open(path, flags, 0o600);
      }
    };
    this.#disk.run(opened, result => {
      if ('error' in result) {
        this.fail(result.error);
        done(null);
        return;
      }
      const fd = result.value;
      this.#fd = fd;
      try {
        mustLeaveRoom([fd]);
        this.#size = seekToEnd(fd);
      } catch (error) {
        this.#close();
        this.fail(codeOf(error) ?? String(error));
        done(null);
        return;
      }
      if (this.#size === 0) this.#index.begin();
      done(fd);
    });
  }

  #repaired(message: string): void {
    if (this.#wasToldRepaired) return;
    this.#wasToldRepaired = true;
    this.#listener.repaired(this.#stream, `${currentLog(this.#folder, this.#stream)}: ${message}`);
  }

  #endsLine(): boolean {
    return this.#fd !== null && readSync(this.#fd, this.#tail, 0, 1, this.#size - 1) === 1 && this.#tail[0] === NEWLINE;
  }

  #rotate(): void {
    // Somebody may have cut the file short meanwhile; then there is nothing to rotate yet.
    if (this.#fd === null || fstatSync(this.#fd).size < this.#maxSize) return;
    this.#rotating = true;
    this.#disk.run(
      () => this.#rename(),
      result => {
        this.#rotating = false;
        if ('error' in result) this.fail(result.error);
        else {
          this.#close();
          this.#size = 0;
          if (result.value) this.#listener.rotated();
        }
        for (const goOn of this.#waiting.splice(0)) goOn();
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

/** The logs of all instances that have a run, by folder. */
export class LogFiles {
  readonly #byFolder = new Map<string, Record<Stream, LogFile>>();
  readonly #disk: LogDisk;

  constructor(disk = new LogDisk()) {
    this.#disk = disk;
  }

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
      out: new LogFile(folder, 'out', maxSize, listener, this.#disk),
      err: new LogFile(folder, 'err', maxSize, listener, this.#disk),
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

  /** Looks before what is written next whether the files are still at their paths. */
  sweep(): void {
    for (const logs of this.#byFolder.values()) for (const stream of STREAMS) logs[stream].sweep();
  }

  /** Calls back once indexes are written and rotations done, or after a while. */
  settle(done: () => void): void {
    this.#disk.settle(done);
  }

  reopen(): void {
    for (const logs of this.#byFolder.values()) for (const stream of STREAMS) logs[stream].reopen();
  }
}
