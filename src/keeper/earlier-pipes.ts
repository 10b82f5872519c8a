/**
 * Pipes that an earlier keeper has put into the queue beside it, for the one that takes up. To open a FIFO by its name takes
 * its lock, which a writer may hold for as long as it likes; a descriptor that is there already takes none. They stay in the
 * queue, too: a kill at any moment loses nothing.
 */
import {closeSync, constants, fstatSync, lstatSync, type BigIntStats} from 'node:fs';
import {peekDescriptors} from '../posix/descriptor-peek.ts';
import type {DescriptorQueue} from '../posix/descriptor-queue.ts';
import {accessOf} from '../posix/process.ts';

const keyOf = ({dev, ino}: BigIntStats, access: number): string => `${dev} ${ino} ${access}`;

export class EarlierPipes {
  readonly #found = new Map<string, number>();

  /** @param queue null: there is none */
  constructor(queue: DescriptorQueue | null) {
    if (queue !== null) peekDescriptors(queue, fd => this.#isWanted(fd));
  }

  /**
   * A descriptor of the FIFO that has that name, for the caller to close; null: none was found. It does not block.
   *
   * @param access O_RDONLY or O_RDWR
   */
  take(path: string, access: number): number | null {
    if (this.#found.size === 0) return null;
    const stats = lstatSync(path, {bigint: true, throwIfNoEntry: false});
    const key = stats && keyOf(stats, access);
    const fd = key === undefined ? undefined : this.#found.get(key);
    if (key === undefined || fd === undefined) return null;
    this.#found.delete(key);
    return fd;
  }

  /** All that live are taken up: closes the others. */
  close(): void {
    for (const fd of this.#found.values()) closeSync(fd);
    this.#found.clear();
  }

  /** Each once, and only what can still be asked for: of a run that is over the name is gone. */
  #isWanted(fd: number): boolean {
    const stats = fstatSync(fd, {bigint: true});
    const access = accessOf(fd);
    if (!stats.isFIFO() || stats.nlink === 0n || access === constants.O_WRONLY) return false;
    const key = keyOf(stats, access);
    if (this.#found.has(key)) return false;
    this.#found.set(key, fd);
    return true;
  }
}
