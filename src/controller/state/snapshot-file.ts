/**
 * The snapshot on disk: two preallocated halves, written in turn. Each begins with a whole state; what changes after it
 * is written behind it, until there is no room or the time for another whole one. A kill in the middle of a write loses
 * that write and nothing before it; a disk that is full after they were made does not matter.
 */
import {inFolder} from '../../control/folder.ts';
import {type Half, HALVES, type Held, readHalf, lastOf} from './snapshot-half.ts';
import {encodeRecord, HEADER_BYTES, numberOfWhole} from './snapshot-record.ts';
import {
  closeSync,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
  constants,
} from 'node:fs';

const SMALLEST_BYTES = 256 * 1024;

/** A half is made this much larger than what it must hold. */
const ROOM = 2;

/** A whole state has a multiple of this as its number, the changes to it the numbers that follow. */
const GENERATION = 1n << 20n;

/** What was found on disk. */
export interface FoundSnapshot {
  /** Of the newest whole half; null where none is. */
  readonly text: string | null;
  /** What has changed since, oldest first. */
  readonly changes: readonly string[];
  /** How many halves hold something that is no snapshot: torn by a kill or damaged. */
  readonly damaged: number;
}

/** Another controller has committed meanwhile: what this one believes is not true any more. */
export class SupersededError extends Error {
  override readonly name = 'SupersededError';
}

/** Whether an open file still is what lies at the path. */
function isAt(fd: number, path: string): boolean {
  const there = lstatSync(path, {throwIfNoEntry: false});
  const open = fstatSync(fd);
  return there?.ino === open.ino && there.dev === open.dev;
}

const sizeOf = (path: string): number => statSync(path, {throwIfNoEntry: false})?.size ?? 0;

export class SnapshotFile {
  readonly #folder: string;
  readonly #fds = new Map<Half, number>();
  /** The headers as this object has read or written them. */
  readonly #headers = new Map<Half, Buffer>();
  #number = 0n;
  /** The one that holds the newest. */
  #half: Half = 0;
  /** Where the next change belongs; null where a whole state is due. */
  #end: number | null = null;
  /** Bytes that both halves have on disk. */
  #capacity: number;
  /** The files as they were when what they hold was last seen to be right. */
  readonly #sound = new Map<Half, string>();
  /** What a commit has found to be damaged, in words; {@link findProblem} tells it. */
  #harm: readonly string[] = [];

  constructor(folder: string) {
    this.#folder = folder;
    this.#capacity = Math.min(...HALVES.map(half => sizeOf(inFolder.snapshot(folder, half))));
  }

  /** Reads both halves. */
  readSnapshot(): FoundSnapshot {
    let newest: Held | null = null;
    let damaged = 0;
    for (const half of HALVES) {
      const found = readHalf(inFolder.snapshot(this.#folder, half), header => this.#headers.set(half, header));
      if (found === 'damaged') damaged++;
      else if (found !== 'empty' && (newest === null || lastOf(found) > lastOf(newest))) {
        newest = found;
        this.#half = half;
      }
    }
    // The next is whole: a half to which another may yet write is left alone.
    this.#end = null;
    if (newest === null) return {text: null, changes: [], damaged};
    this.#number = lastOf(newest);
    return {text: newest.whole.text, changes: newest.changes.map(({text}) => text), damaged};
  }

  /**
   * Makes sure that a text of that many bytes can be written whatever happens to the disk.
   *
   * @throws the error of the file system (`ENOSPC`, `EDQUOT`, ...)
   */
  reserve(bytes: number): void {
    const needed = HEADER_BYTES + bytes;
    if (needed <= this.#capacity) return;
    const wanted = Math.max(SMALLEST_BYTES, needed * ROOM);
    for (const half of HALVES) {
      const fd = this.#open(half);
      // Zeros are written, since a hole would need room later. What is behind the end of the text is never read.
      let at = fstatSync(fd).size;
      const zeros = Buffer.alloc(Math.min(1024 * 1024, wanted));
      while (at < wanted) at += writeSync(fd, zeros, 0, Math.min(zeros.length, wanted - at), at);
    }
    this.#capacity = wanted;
  }

  /**
   * Writes the whole state over the older half.
   *
   * @throws SupersededError, and as {@link reserve} does
   */
  write(text: string): void {
    this.#isMine();
    const number = (this.#number / GENERATION + 1n) * GENERATION;
    const bytes = encodeRecord({isWhole: true, number, text});
    this.reserve(bytes.length - HEADER_BYTES);
    this.#end = null;
    const half = this.#half === 0 ? 1 : 0;
    this.#headers.delete(half);
    this.#put(half, bytes, 0);
    this.#headers.set(half, bytes.subarray(0, HEADER_BYTES));
    this.#half = half;
    this.#number = number;
    this.#end = bytes.length;
  }

  /**
   * Writes what has changed since the last write, behind it; false where there is no room for that: then the whole is due.
   *
   * @throws SupersededError, and the error of the file system
   */
  append(text: string): boolean {
    const end = this.#end;
    if (end === null) return false;
    const number = this.#number + 1n;
    const bytes = encodeRecord({isWhole: false, number, text});
    if (end + bytes.length > this.#capacity || number % GENERATION === 0n) return false;
    if (!this.#isMine()) return false;
    // Half a change must not be followed by another.
    this.#end = null;
    this.#put(this.#half, bytes, end);
    this.#number = number;
    this.#end = end + bytes.length;
    return true;
  }

  /**
   * Compares what lies at the paths with what this object has written; reads a half only where its file has changed since
   * the last look. Answers what is wrong, in words; null: nothing.
   */
  findProblem(): string | null {
    if (this.#number === 0n || this.#fds.size === 0) return null;
    const found = HALVES.map(half => this.#problemOf(half)).filter(problem => problem !== null);
    const wrong = new Set([...this.#harm, ...found]);
    return wrong.size === 0 ? null : [...wrong].join(' and ');
  }

  /** What {@link findProblem} has found is to be written over: {@link write} makes both halves anew. */
  giveUp(): void {
    this.#end = null;
    this.#capacity = 0;
    this.#sound.clear();
    this.#harm = [];
    for (const half of HALVES) {
      const path = inFolder.snapshot(this.#folder, half);
      const fd = this.#fds.get(half);
      if (fd !== undefined && !isAt(fd, path)) {
        closeSync(fd);
        this.#fds.delete(half);
      }
      const header = Buffer.alloc(HEADER_BYTES);
      readSync(this.#open(half), header, 0, HEADER_BYTES, 0);
      this.#headers.set(half, header);
    }
  }

  #problemOf(half: Half): string | null {
    const path = inFolder.snapshot(this.#folder, half);
    const fd = this.#fds.get(half);
    const name = `snapshot.${half}`;
    const stats = lstatSync(path, {bigint: true, throwIfNoEntry: false});
    if (stats === undefined) return `${name} had been removed`;
    if (fd !== undefined && !isAt(fd, path)) return `${name} had been replaced`;
    const mark = `${stats.ino} ${stats.size} ${stats.mtimeNs}`;
    if (this.#sound.get(half) === mark) return null;
    const found = readHalf(path, () => undefined);
    const isNewest = half === this.#half;
    // A successor's commit is none of this one's to mend.
    const wasWritten = this.#headers.get(half)?.some(byte => byte !== 0) === true;
    const isSound = isNewest
      ? typeof found === 'object' && lastOf(found) >= this.#number
      : typeof found === 'object' || (found === 'empty' && !wasWritten);
    if (!isSound) return `${name} had been damaged`;
    this.#sound.set(half, mark);
    return null;
  }

  #put(half: Half, bytes: Buffer, where: number): void {
    const fd = this.#open(half);
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at, bytes.length - at, where + at);
  }

  /**
   * Whether what is on disk is what this object has written. One that was frozen, and was given up with its keeper, may
   * wake up in the middle of its turn: then it is another controller's. Whatever else is there is damage.
   *
   * @throws SupersededError
   */
  #isMine(): boolean {
    const foreign = HALVES.filter(half => {
      // Nothing was there when it was looked for.
      const header = this.#headers.get(half) ?? Buffer.alloc(HEADER_BYTES);
      const now = Buffer.alloc(header.length);
      readSync(this.#open(half), now, 0, now.length, 0);
      if (now.equals(header)) return false;
      const number = numberOfWhole(now);
      if (number === null || number <= this.#number) return true;
      throw new SupersededError('another controller has committed: this one has no say any more');
    });
    if (foreign.length === 0) return true;
    this.giveUp();
    this.#harm = foreign.map(half => `snapshot.${half} had been damaged`);
    return false;
  }

  /** The next `up` begins anew. */
  remove(): void {
    this.#close();
    for (const half of HALVES) rmSync(inFolder.snapshot(this.#folder, half), {force: true, recursive: true});
  }

  /** Keeps what can't be read beside what will be written, in the place of what was kept before. Answers where. */
  setAside(): string[] {
    this.#close();
    return HALVES.flatMap(half => {
      const path = inFolder.snapshot(this.#folder, half);
      const aside = `${path}.unreadable`;
      try {
        rmSync(aside, {force: true, recursive: true});
        renameSync(path, aside);
        return [aside];
      } catch {
        return []; // there is none
      }
    });
  }

  #close(): void {
    this.#end = null;
    for (const fd of this.#fds.values()) closeSync(fd);
    this.#fds.clear();
    this.#headers.clear();
    this.#capacity = 0;
  }

  #open(half: Half): number {
    const known = this.#fds.get(half);
    if (known !== undefined) return known;
    const fd = openSync(
      inFolder.snapshot(this.#folder, half),
      constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW,
      0o600,
    );
    this.#fds.set(half, fd);
    return fd;
  }
}
