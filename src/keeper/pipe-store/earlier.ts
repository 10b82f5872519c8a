/**
 * Pipes that an earlier keeper has put into the queue beside it, for the one that takes up. To open a FIFO by its name takes
 * its lock, which a writer may hold for as long as it likes; a descriptor that is there already takes none. They stay in the
 * queue, too: a kill at any moment loses nothing.
 */
import {closeSync, constants, fstatSync, lstatSync, readlinkSync, type BigIntStats} from 'node:fs';
import {peekDescriptors} from '../../posix/descriptor-peek.ts';
import type {DescriptorQueue} from '../../posix/descriptor-queue.ts';
import {accessOf} from '../../posix/process.ts';

/** What the kernel adds to the path of an open file whose name is gone (proc(5)). */
const DELETED = ' (deleted)';

const keyOf = ({dev, ino}: BigIntStats, access: number): string => `${dev} ${ino} ${access}`;

export class EarlierPipes {
  readonly #found = new Map<string, number>();
  /** Those that have no name any more and were opened for reading and writing, by the path that they had. */
  readonly #unnamed = new Map<string, number>();

  /** @param queue null: there is none */
  constructor(queue: DescriptorQueue | null) {
    if (queue !== null) peekDescriptors(queue, fd => this.#isWanted(fd));
  }

  /**
   * A descriptor of the FIFO that has that name, for the caller to close; null: none was found. It does not block.
   *
   * @param access O_RDONLY or O_RDWR
   */
  takeDescriptor(path: string, access: number): number | null {
    if (this.#found.size === 0) return null;
    const stats = lstatSync(path, {bigint: true, throwIfNoEntry: false});
    const key = stats && keyOf(stats, access);
    const fd = key === undefined ? undefined : this.#found.get(key);
    if (key === undefined || fd === undefined) return null;
    this.#found.delete(key);
    return fd;
  }

  /** The paths that FIFOs had, as the kernel shows them, which were opened for reading and writing and have no name any more. */
  get unnamed(): readonly string[] {
    return [...this.#unnamed.keys()];
  }

  /** A descriptor of the one that had that path, for the caller to close; null: none was found. */
  takeUnnamed(path: string): number | null {
    const fd = this.#unnamed.get(path) ?? null;
    this.#unnamed.delete(path);
    return fd;
  }

  /** All that live are taken up: closes the others. */
  close(): void {
    for (const found of [this.#found, this.#unnamed]) {
      for (const fd of found.values()) closeSync(fd);
      found.clear();
    }
  }

  /** Each once, and only what can still be asked for: of a run that is over the name is gone. */
  #isWanted(fd: number): boolean {
    const stats = fstatSync(fd, {bigint: true});
    const access = accessOf(fd);
    if (!stats.isFIFO() || access === constants.O_WRONLY) return false;
    if (stats.nlink === 0n) return access === constants.O_RDWR && this.#isUnnamed(fd);
    const key = keyOf(stats, access);
    if (this.#found.has(key)) return false;
    this.#found.set(key, fd);
    return true;
  }

  /** The newest of each name: what was put into the queue before it is one that was given up. */
  #isUnnamed(fd: number): boolean {
    const path = readlinkSync(`/proc/self/fd/${fd}`);
    if (!path.endsWith(DELETED)) return false;
    const name = path.slice(0, -DELETED.length);
    const older = this.#unnamed.get(name);
    // It is open in the queue still, so this waits for nobody.
    if (older !== undefined) closeSync(older);
    this.#unnamed.set(name, fd);
    return true;
  }
}
