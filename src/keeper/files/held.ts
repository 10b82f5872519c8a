/** A file that is held open, so that it can be put back where its name is removed. */
import {closeSync, constants, fstatSync, lstatSync, openSync, type BigIntStats} from 'node:fs';
import {mustLeaveRoom} from './descriptor-reserve.ts';

const HOLD = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

const markOf = ({dev, ino, size, mtimeNs, ctimeNs}: BigIntStats): string => [dev, ino, size, mtimeNs, ctimeNs].join();

export class HeldFile {
  readonly path: string;
  readonly #fd: number;
  readonly #size: bigint;
  #mark: string;

  /** Throws where there is no such file, or no descriptor to spare. */
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

  /** Where its bytes can be read whatever has become of its name. */
  get source(): string {
    return `/proc/self/fd/${this.#fd}`;
  }

  /** What lies at the path now, as one word; empty: nothing. */
  get markNow(): string {
    const there = lstatSync(this.path, {bigint: true, throwIfNoEntry: false});
    return there === undefined ? '' : markOf(there);
  }

  /** What a look at the path finds: the same, nothing, or something else. */
  comparePath(): 'same' | 'gone' | 'changed' {
    const {markNow} = this;
    if (markNow === '') return 'gone';
    return markNow === this.#mark ? 'same' : 'changed';
  }

  /** What has changed is nothing but its number of names, its mode or its times. */
  accept(): void {
    this.#mark = markOf(fstatSync(this.#fd, {bigint: true}));
  }

  /** Whether it has as many bytes as at first; if not, it was cut under its open descriptor. */
  get isWhole(): boolean {
    return fstatSync(this.#fd, {bigint: true}).size === this.#size;
  }

  close(): void {
    closeSync(this.#fd);
  }
}
