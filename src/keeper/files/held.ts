/** A file that is held open, so that it can be restored when its name is removed. */
import {closeSync, constants, fstatSync, lstatSync, openSync, type BigIntStats} from 'node:fs';
import {mustLeaveRoom} from './descriptor-reserve.ts';

const HOLD = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

const markOf = ({dev, ino, size, mtimeNs, ctimeNs}: BigIntStats): string => [dev, ino, size, mtimeNs, ctimeNs].join();

export class HeldFile {
  readonly path: string;
  readonly #fd: number;
  readonly #size: bigint;
  #mark: string;

  /** Opens the file. Throws if the file is missing or no descriptor can be spared. */
  constructor(path: string) {
    this.path = path;
    this.#fd = openSync(path, HOLD);
    try {
      mustLeaveRoom([this.#fd]);
      const stats = fstatSync(this.#fd, {bigint: true});
      if (!stats.isFile()) throw new Error(`${path} is not a file`);
      this.#size = stats.size;
      this.#mark = markOf(stats);
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
  }

  /** A path from which the bytes can be read, whatever has happened to the file's name. */
  get source(): string {
    return `/proc/self/fd/${this.#fd}`;
  }

  /** Identifies the state of the file at the path, in one word; empty if there is none. */
  get markNow(): string {
    const there = lstatSync(this.path, {bigint: true, throwIfNoEntry: false});
    return there === undefined ? '' : markOf(there);
  }

  /** Compares the path with the last accepted state: the same, nothing there, or something else. */
  comparePath(): 'same' | 'gone' | 'changed' {
    const {markNow} = this;
    if (markNow === '') return 'gone';
    return markNow === this.#mark ? 'same' : 'changed';
  }

  /** Accepts the current state: only the number of names, the mode or the times have changed. */
  accept(): void {
    this.#mark = markOf(fstatSync(this.#fd, {bigint: true}));
  }

  /** Whether the file has its original size; if not, it was truncated under its open descriptor. */
  get isWhole(): boolean {
    return fstatSync(this.#fd, {bigint: true}).size === this.#size;
  }

  close(): void {
    closeSync(this.#fd);
  }
}
