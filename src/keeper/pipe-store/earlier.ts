/**
 * Pipes that an earlier keeper has put into the queue beside it, for the keeper that takes over. Opening a FIFO by name
 * takes its lock, which a writer may hold as long as it likes; an existing descriptor takes none. The pipes stay in the
 * queue, too: a kill at any moment loses nothing.
 */
import {closeSync, constants, fstatSync, lstatSync, readlinkSync, type BigIntStats} from 'node:fs';
import {peekDescriptors} from '../../posix/descriptor-peek.ts';
import type {DescriptorQueue} from '../../posix/descriptor-queue.ts';
import {accessOf} from '../../posix/process.ts';

/** The suffix that the kernel adds to the path of an open file whose name is gone (proc(5)). */
const DELETED = ' (deleted)';

const keyOf = ({dev, ino}: BigIntStats, access: number): string => `${dev} ${ino} ${access}`;

export class EarlierPipes {
  readonly #found = new Map<string, number>();
  /** FIFOs without a name that were opened for reading and writing, by their former path. */
  readonly #unnamed = new Map<string, number>();

  /** @param queue null if there is none */
  constructor(queue: DescriptorQueue | null) {
    if (queue !== null) peekDescriptors(queue, fd => this.#isWanted(fd));
  }

  /**
   * Returns a descriptor of the FIFO at `path`, for the caller to close, or null if none was found. Does not block.
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

  /** The former paths, as the kernel shows them, of FIFOs without a name that were opened for reading and writing. */
  get unnamed(): readonly string[] {
    return [...this.#unnamed.keys()];
  }

  /** Returns a descriptor of the FIFO formerly at `path`, for the caller to close, or null if none was found. */
  takeUnnamed(path: string): number | null {
    const fd = this.#unnamed.get(path) ?? null;
    this.#unnamed.delete(path);
    return fd;
  }

  /** Closes the remaining descriptors, once all living runs are taken over. */
  close(): void {
    for (const found of [this.#found, this.#unnamed]) {
      for (const fd of found.values()) closeSync(fd);
      found.clear();
    }
  }

  /**
   * Selects each FIFO once per access mode. The FIFO of a finished run has no name; without a name, only a FIFO open
   * for reading and writing can still be requested.
   */
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

  /** Selects the newest FIFO of each former path: an older one in the queue was given up. */
  #isUnnamed(fd: number): boolean {
    const path = readlinkSync(`/proc/self/fd/${fd}`);
    if (!path.endsWith(DELETED)) return false;
    const name = path.slice(0, -DELETED.length);
    const older = this.#unnamed.get(name);
    // The FIFO is still open in the queue, so this close does not block.
    if (older !== undefined) closeSync(older);
    this.#unnamed.set(name, fd);
    return true;
  }
}
