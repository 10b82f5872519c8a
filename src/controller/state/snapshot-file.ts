/**
 * The snapshot on disk: two preallocated halves, written in turn. Each begins with a whole state; changes are appended
 * to it until there is no room, or until another whole state is due. A kill in the middle of a write loses that write
 * and nothing before it; once the halves exist, a full disk does not matter.
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

/** The factor by which a half is made larger than what it must hold. */
const ROOM = 2;

/** The number of a whole state is a multiple of this; its changes have the numbers that follow. */
const GENERATION = 1n << 20n;

/** The contents found on disk. */
export interface FoundSnapshot {
  /** The newest intact whole state, or null. */
  readonly text: string | null;
  /** The changes since, oldest first. */
  readonly changes: readonly string[];
  /** Number of halves that hold something other than a snapshot: torn by a kill or damaged. */
  readonly damaged: number;
}

/** Another controller has committed meanwhile: the state of this one is out of date. */
export class SupersededError extends Error {
  override readonly name = 'SupersededError';
}

/** Returns whether an open file is still the one at the path. */
function isAt(fd: number, path: string): boolean {
  const there = lstatSync(path, {throwIfNoEntry: false});
  const open = fstatSync(fd);
  return there?.ino === open.ino && there.dev === open.dev;
}

const sizeOf = (path: string): number => statSync(path, {throwIfNoEntry: false})?.size ?? 0;

export class SnapshotFile {
  readonly #folder: string;
  readonly #fds = new Map<Half, number>();
  /** The headers as last read or written by this object. */
  readonly #headers = new Map<Half, Buffer>();
  #number = 0n;
  /** The half that holds the newest state. */
  #half: Half = 0;
  /** Offset of the next change; null if a whole state is due. */
  #end: number | null = null;
  /** Size that both halves have on disk, in bytes. */
  #capacity: number;
  /** The identities of the files when their contents were last found intact. */
  readonly #sound = new Map<Half, string>();
  /** Damage that a commit has found, for {@link findProblem}. */
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
    // The next write is whole: another controller may still write to this half.
    this.#end = null;
    if (newest === null) return {text: null, changes: [], damaged};
    this.#number = lastOf(newest);
    return {text: newest.whole.text, changes: newest.changes.map(({text}) => text), damaged};
  }

  /**
   * Makes sure that a text of this many bytes can be written, whatever happens to the disk.
   *
   * @throws the error of the file system (`ENOSPC`, `EDQUOT`, ...)
   */
  reserve(bytes: number): void {
    const needed = HEADER_BYTES + bytes;
    if (needed <= this.#capacity) return;
    const wanted = Math.max(SMALLEST_BYTES, needed * ROOM);
    for (const half of HALVES) {
      const fd = this.#open(half);
      // Zeros are written, since a hole would need room later. Bytes behind the end of the text are never read.
      let at = fstatSync(fd).size;
      const zeros = Buffer.alloc(Math.min(1024 * 1024, wanted));
      while (at < wanted) at += writeSync(fd, zeros, 0, Math.min(zeros.length, wanted - at), at);
    }
    this.#capacity = wanted;
  }

  /**
   * Writes the whole state over the older half.
   *
   * @throws SupersededError, and the errors of {@link reserve}
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
   * Appends what has changed since the last write. Returns false if it can't, e.g. for lack of room: then a whole state
   * is due.
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
    // A half-written change must not be followed by another one.
    this.#end = null;
    this.#put(this.#half, bytes, end);
    this.#number = number;
    this.#end = end + bytes.length;
    return true;
  }

  /**
   * Compares the files with what this object has written; reads a half only if its file has changed since the last
   * look. Returns what is wrong, or null.
   */
  findProblem(): string | null {
    if (this.#number === 0n || this.#fds.size === 0) return null;
    const found = HALVES.map(half => this.#problemOf(half)).filter(problem => problem !== null);
    const wrong = new Set([...this.#harm, ...found]);
    return wrong.size === 0 ? null : [...wrong].join(' and ');
  }

  /** Gives up what {@link findProblem} has found damaged: {@link write} then makes both halves anew. */
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
    if (stats === undefined) return `${name} was removed`;
    if (fd !== undefined && !isAt(fd, path)) return `${name} was replaced`;
    const mark = `${stats.ino} ${stats.size} ${stats.mtimeNs}`;
    if (this.#sound.get(half) === mark) return null;
    const found = readHalf(path, () => undefined);
    const isNewest = half === this.#half;
    // A successor's commit is not for this controller to repair.
    const wasWritten = this.#headers.get(half)?.some(byte => byte !== 0) === true;
    const isSound = isNewest
      ? typeof found === 'object' && lastOf(found) >= this.#number
      : typeof found === 'object' || (found === 'empty' && !wasWritten);
    if (!isSound) return `${name} was damaged`;
    this.#sound.set(half, mark);
    return null;
  }

  #put(half: Half, bytes: Buffer, where: number): void {
    const fd = this.#open(half);
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at, bytes.length - at, where + at);
  }

  /**
   * Returns whether the disk holds what this object has written. A controller that was frozen and replaced together
   * with its keeper may wake up in the middle of its turn: then the disk holds another controller's state. Anything
   * else is damage.
   *
   * @throws SupersededError
   */
  #isMine(): boolean {
    const foreign = HALVES.filter(half => {
      // The half did not exist when it was read.
      const header = this.#headers.get(half) ?? Buffer.alloc(HEADER_BYTES);
      const now = Buffer.alloc(header.length);
      readSync(this.#open(half), now, 0, now.length, 0);
      if (now.equals(header)) return false;
      const number = numberOfWhole(now);
      if (number === null || number <= this.#number) return true;
      throw new SupersededError('another controller has committed: this one is superseded');
    });
    if (foreign.length === 0) return true;
    this.giveUp();
    this.#harm = foreign.map(half => `snapshot.${half} was damaged`);
    return false;
  }

  /** Removes both halves: the next `up` begins anew. */
  remove(): void {
    this.#close();
    for (const half of HALVES) rmSync(inFolder.snapshot(this.#folder, half), {force: true, recursive: true});
  }

  /** Renames unreadable halves, and replaces any that were kept before. Returns the new paths. */
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
