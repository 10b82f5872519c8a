/**
 * The names of declared pipes, compared at each sweep with the pipes that are held. No call here takes the lock of a
 * pipe. A FIFO that has lost its last name can't get another (linkat(2)), so the loss is only reported: its holders
 * keep it, and a later keeper recognizes it in the queue by its old name.
 */
import {fstatSync, lstatSync, readlinkSync, renameSync, rmSync, type BigIntStats} from 'node:fs';
import {makeFolder} from '../files/make-folder.ts';
import {own, pipePath} from './pipe-files.ts';
import {linkOpenFile} from '../../posix/link.ts';

export class PipeCare {
  readonly #folder: string;
  /** The held pipes by name. */
  readonly #held: ReadonlyMap<string, number>;
  /** Names whose final loss was reported. */
  readonly #told = new Set<string>();

  constructor(folder: string, held: ReadonlyMap<string, number>) {
    this.#folder = folder;
    this.#held = held;
  }

  /** Restores missing names. Returns a description of them, or null. Throws file system errors. */
  repairNames(): string | null {
    for (const name of this.#told) if (!this.#held.has(name)) this.#told.delete(name);
    const given: string[] = [];
    const lost: string[] = [];
    for (const [name, fd] of this.#held) {
      const found = this.#lookAt(name, fd);
      if (found === 'given') given.push(name);
      if (found === 'lost' && !this.#told.has(name)) lost.push(name);
      if (found === 'lost') this.#told.add(name);
      else this.#told.delete(name);
    }
    const words = [
      ...(given.length > 0 ? [`the names of the pipes ${given.join(', ')} were removed`] : []),
      ...(lost.length > 0
        ? [
            `the names of the pipes ${lost.join(', ')} were removed, and the kernel can't restore them: their contents stay, and all processes keep using the same pipes`,
          ]
        : []),
    ];
    return words.length > 0 ? words.join('; ') : null;
  }

  #lookAt(name: string, fd: number): 'same' | 'given' | 'lost' {
    const path = pipePath(this.#folder, name);
    const open = fstatSync(fd, {bigint: true});
    const there = lstatSync(path, {bigint: true, throwIfNoEntry: false});
    if (isSame(open, there)) return 'same';
    // A file that is no FIFO is left alone: no process takes it for the pipe.
    if (there?.isFIFO() === false) return 'lost';
    rmSync(path, {force: true});
    if (open.nlink === 0n) return 'lost';
    makeFolder(this.#folder);
    // By rename(2) if the pipe was renamed: a later keeper recognizes it by the name that the kernel shows.
    const moved = readlinkSync(own(fd));
    if (isSame(open, lstatSync(moved, {bigint: true, throwIfNoEntry: false}))) renameSync(moved, path);
    else linkOpenFile(fd, path);
    return 'given';
  }
}

const isSame = (open: BigIntStats, there: BigIntStats | undefined): boolean =>
  open.ino === there?.ino && open.dev === there.dev;
