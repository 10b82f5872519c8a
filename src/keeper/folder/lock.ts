/** The lock that makes a keeper the only one of its fleet, on a file that names its holder. */
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import {dirname} from 'node:path';
import {removeLeftovers} from '../files/leftovers.ts';
import {isOlder} from '../../home/living.ts';
import {tryLock} from '../../posix/flock.ts';
import {isAlive} from '../../process/stat.ts';

export interface Holder {
  readonly pid: number;
  readonly startTime: string;
  readonly anchor: number | null;
  readonly anchorStartTime: string | null;
  readonly startedAt: number;
  readonly version: string;
}

/** Result of a check of the lock's file: intact, restored, or another keeper has the fleet. */
export type LockState =
  | {readonly kind: 'held'}
  | {readonly kind: 'repaired'; readonly message: string}
  | {readonly kind: 'taken'; readonly by: number};

export interface Lock {
  /** The descriptor that holds the lock; a repair may replace it. */
  readonly fd: number;
  /**
   * Compares the held file with the file at the path, and restores it. Throws file system errors.
   *
   * @param mayStay whether this keeper has living runs: then it stays, unless the other keeper is older
   */
  repairLock(mayStay: boolean): LockState;
  /**
   * Clears the holder's name and releases the lock. The file stays: unlinking it would let two keepers lock two files.
   */
  release(): void;
}

const RETRY_MS = 10;
const PATIENCE_MS = 10_000;
/** Follows no link, and does not block on a FIFO. */
const OPEN = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK;

function holderOf(path: string): {pid: number; startTime: string} | null {
  try {
    const holder: unknown = JSON.parse(readFileSync(path, 'utf8').split('\n', 1)[0] ?? '');
    if (typeof holder !== 'object' || holder === null || !('pid' in holder) || !('startTime' in holder)) return null;
    const {pid, startTime} = holder;
    return typeof pid === 'number' && typeof startTime === 'string' && /^\d+$/.test(startTime)
      ? {pid, startTime}
      : null;
  } catch {
    return null;
  }
}

/** Returns whether an open file is still the file at the path. */
function isAt(fd: number, path: string): boolean {
  const there = lstatSync(path, {bigint: true, throwIfNoEntry: false});
  const open = fstatSync(fd, {bigint: true});
  return there?.ino === open.ino && there.dev === open.dev;
}

class HeldLock implements Lock {
  readonly #path: string;
  readonly #name: Holder;
  readonly #text: Buffer;
  #fd: number;

  constructor(path: string, name: Holder, fd: number) {
    this.#path = path;
    this.#name = name;
    this.#text = Buffer.from(JSON.stringify(name) + '\n');
    this.#fd = fd;
    this.#write(fd);
    removeLeftovers(dirname(path));
  }

  get fd(): number {
    return this.#fd;
  }

  repairLock(mayStay: boolean): LockState {
    if (isAt(this.#fd, this.#path)) {
      if (fstatSync(this.#fd).size === this.#text.length) return {kind: 'held'};
      this.#write(this.#fd);
      return {kind: 'repaired', message: 'its file no longer named this keeper'};
    }
    const there = lstatSync(this.#path, {throwIfNoEntry: false});
    if (there === undefined) return this.#putBack();
    if (there.isFile()) {
      const fd = openSync(this.#path, OPEN);
      try {
        if (tryLock(fd)) return this.#useFile(fd);
      } finally {
        if (fd !== this.#fd) closeSync(fd);
      }
      const holder = holderOf(this.#path);
      if (holder !== null && isAlive(holder.pid, holder.startTime)) {
        if (!mayStay || isOlder(holder, this.#name)) return {kind: 'taken', by: holder.pid};
      }
    }
    // At its own next check, the other keeper finds an older keeper and exits.
    this.#swap(made => renameSync(made, this.#path));
    return {kind: 'repaired', message: 'another file was in its place'};
  }

  release(): void {
    try {
      ftruncateSync(this.#fd, 0);
    } finally {
      closeSync(this.#fd);
    }
  }

  /** Overwrites the old text before the file is cut: on a full disk, the room that a shorter file frees may be gone. */
  #write(fd: number): void {
    // Until then the rest of a longer text follows: only the first line counts.
    writeSync(fd, this.#text, 0, this.#text.length, 0);
    ftruncateSync(fd, this.#text.length);
  }

  /** Adopts an unlocked file that has the name now. */
  #useFile(fd: number): LockState {
    if (!isAt(fd, this.#path)) throw new Error(`${this.#path} keeps changing`);
    this.#write(fd);
    closeSync(this.#fd);
    this.#fd = fd;
    return {kind: 'repaired', message: 'its file was replaced'};
  }

  #putBack(): LockState {
    // link(2) replaces nothing: a file that another keeper has just made is found at the next check.
    this.#swap(made => linkSync(made, this.#path));
    return {kind: 'repaired', message: 'its file was removed'};
  }

  /** Makes another file, locks it, and gives it the name in one step. */
  #swap(place: (made: string) => void): void {
    const made = `${this.#path}.${this.#name.pid}`;
    rmSync(made, {recursive: true, force: true});
    const fd = openSync(made, OPEN | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
      if (!tryLock(fd)) throw new Error(`${made} is locked by another process`);
      try {
        this.#write(fd);
      } catch {
        // A full disk: the lock counts without its name, which the next check writes.
      }
      place(made);
    } catch (error) {
      closeSync(fd);
      rmSync(made, {force: true});
      throw error;
    }
    rmSync(made, {force: true});
    closeSync(this.#fd);
    this.#fd = fd;
  }
}

/** Replaces the lock in a keeper that has no folder to lock and only ends what is left. */
export const NO_LOCK: Lock = {fd: -1, repairLock: () => ({kind: 'held'}), release: () => undefined};

/**
 * Takes the lock. If a living holder has it, returns that holder's pid at once; if the named holder is dead, a child of
 * it between fork and exec may still hold the lock for a moment, which is waited for. An inherited descriptor holds the
 * lock already.
 */
export async function takeLock(
  path: string,
  name: Holder,
  inherited?: number,
): Promise<Lock | {readonly heldBy: number}> {
  if (inherited !== undefined && tryLock(inherited)) return new HeldLock(path, name, inherited);
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const fd = openSync(path, OPEN | constants.O_CREAT, 0o600);
    try {
      // Between open and lock the file may have been removed or replaced: then this lock excludes no other keeper.
      if (tryLock(fd) && isAt(fd, path)) return new HeldLock(path, name, fd);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    closeSync(fd);
    const holder = holderOf(path);
    if (holder && isAlive(holder.pid, holder.startTime)) return {heldBy: holder.pid};
    if (performance.now() > end)
      throw new Error(`${path} is locked, but its holder is dead: another process still has it open`);
    await new Promise(resolve => setTimeout(resolve, RETRY_MS));
  }
}
