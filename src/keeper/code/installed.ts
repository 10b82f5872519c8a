/**
 * Which programs the fleet runs. A copy of them lies in `code/HASH/` of the fleet's folder, and the link `code/current`
 * names the one from which whatever is lost is started again: an upgrade is done when the link is changed.
 */
import {
  existsSync,
  lstatSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {putCurrent, removeCurrent} from './link.ts';
import {isWhole} from '../../home/copy.ts';

export class Code {
  readonly #root: string;
  readonly #own: string;
  /** Held in memory: the link may be removed while this keeper lives. */
  #current: string | null;

  constructor(folder: string, own: string) {
    this.#root = join(folder, 'code');
    this.#own = own;
    this.#current = linkTo(join(this.#root, 'current'));
  }

  /** The name of the copy that this keeper is of; null: it runs from where it was installed. */
  get own(): string | null {
    return existsSync(this.#root) && dirname(this.#own) === realpathSync(this.#root) ? basename(this.#own) : null;
  }

  /** The folder that this keeper was started from. */
  get ownFolder(): string {
    return this.#own;
  }

  /** The name of the copy that is current; null: there is none. */
  get current(): string | null {
    return this.#current;
  }

  /** The name of the copy that is to take over, while that is under way. */
  get next(): string | null {
    return linkTo(join(this.#root, 'next'));
  }

  set next(name: string | null) {
    rmSync(join(this.#root, 'next'), {force: true});
    if (name !== null) symlinkSync(name, join(this.#root, 'next'));
  }

  /** The keeper's program of a copy; null: this keeper's own. */
  keeper(name: string | null): string {
    return join(name === null ? this.#own : join(this.#root, name), 'keeper.cjs');
  }

  /** Why a copy can't take over; null: it is complete, and nobody else's. */
  problemOf(name: string): string | null {
    const copy = join(this.#root, name);
    if (dirname(copy) !== this.#root) return `${name} names no copy`;
    for (const path of [copy, join(copy, 'keeper.cjs'), join(copy, 'controller.cjs')]) {
      const it = lstatSync(path, {throwIfNoEntry: false});
      if (it === undefined) return `${path} is missing`;
      if (path === copy ? !it.isDirectory() : !it.isFile()) return `${path} is no ${path === copy ? 'folder' : 'file'}`;
      if (it.uid !== process.geteuid?.()) return `${path} belongs to user ${it.uid}`;
    }
    return isWhole(copy) ? null : `the programs in ${copy} are damaged`;
  }

  /** Whether a copy's keeper is the one that runs. */
  isSameKeeper(name: string): boolean {
    try {
      return readFileSync(this.keeper(name)).equals(readFileSync(this.keeper(null)));
    } catch {
      return false; // what this one was started from is gone
    }
  }

  /** Program and arguments of a controller: of the current copy, or of the one that is named. */
  controller(folder: string, name: string | null = this.current): string[] {
    const named = name === null ? null : join(this.#root, name, 'controller.cjs');
    const program = named !== null && existsSync(named) ? named : join(this.#own, 'controller.cjs');
    return this.command(program, [folder]);
  }

  /** A program of ours, run as this one is. */
  command(program: string, args: readonly string[]): string[] {
    return [nodeProgram(), ...process.execArgv, program, ...args];
  }

  /**
   * A copy that is current and not what its name says counts as none from now on; false where it is whole, or this keeper itself is
   * of it, so that there is no better one. The link stays until another one is current.
   */
  dropDamaged(): boolean {
    const name = this.#current;
    if (name === null || name === this.own || isWhole(join(this.#root, name))) return false;
    this.#current = null;
    return true;
  }

  /** Makes a copy the current one, at once or not at all, and removes those that nothing runs from any more. */
  makeCurrent(name: string | null): void {
    if (name === null) {
      removeCurrent(this.#root);
      this.#current = null;
      return;
    }
    putCurrent(this.#root, name);
    this.#current = name;
    const used = ['current', name, this.own, this.next];
    for (const entry of readdirSync(this.#root)) {
      // What a copy was made from is noted beside it.
      if (!used.includes(entry.replace(/\.from$/, ''))) rmSync(join(this.#root, entry), {recursive: true, force: true});
    }
  }
}

function linkTo(path: string): string | null {
  try {
    const target = readlinkSync(path);
    // A copy beside it, and nothing elsewhere.
    return /^[0-9a-f]+$/.test(target) ? target : null;
  } catch {
    return null;
  }
}

/** Node; an update may have removed the file, but not what this process runs from (proc(5), `exe`). */
const nodeProgram = (): string => (existsSync(process.execPath) ? process.execPath : '/proc/self/exe');
