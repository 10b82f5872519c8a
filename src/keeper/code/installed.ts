/**
 * The programs of the fleet. A copy lies in `code/HASH/` of the fleet's folder, and the link `code/current` names the
 * copy from which lost processes are restarted: an upgrade is done when the link is changed.
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

  /** The name of the copy that this keeper runs from, or null if it runs from the installation. */
  get own(): string | null {
    return existsSync(this.#root) && dirname(this.#own) === realpathSync(this.#root) ? basename(this.#own) : null;
  }

  /** The folder that this keeper was started from. */
  get ownFolder(): string {
    return this.#own;
  }

  /** The name of the current copy, or null if there is none. */
  get current(): string | null {
    return this.#current;
  }

  /** The name of the copy that is about to take over, or null. */
  get next(): string | null {
    return linkTo(join(this.#root, 'next'));
  }

  set next(name: string | null) {
    rmSync(join(this.#root, 'next'), {force: true});
    if (name !== null) symlinkSync(name, join(this.#root, 'next'));
  }

  /** Returns the keeper's program in a copy, or this keeper's own if `name` is null. */
  keeper(name: string | null): string {
    return join(name === null ? this.#own : join(this.#root, name), 'keeper.cjs');
  }

  /** Returns why a copy can't take over, or null if it is complete and belongs to this user. */
  problemOf(name: string): string | null {
    const copy = join(this.#root, name);
    if (dirname(copy) !== this.#root) return `${name} is not the name of a copy`;
    for (const path of [copy, join(copy, 'keeper.cjs'), join(copy, 'controller.cjs')]) {
      const it = lstatSync(path, {throwIfNoEntry: false});
      if (it === undefined) return `${path} is missing`;
      if (path === copy ? !it.isDirectory() : !it.isFile())
        return `${path} is not a ${path === copy ? 'folder' : 'file'}`;
      if (it.uid !== process.geteuid?.()) return `${path} belongs to user ${it.uid}`;
    }
    return isWhole(copy) ? null : `the programs in ${copy} are damaged`;
  }

  /** Whether a copy's keeper program is identical to the running one. */
  isSameKeeper(name: string): boolean {
    try {
      return readFileSync(this.keeper(name)).equals(readFileSync(this.keeper(null)));
    } catch {
      return false; // one of the two programs can't be read
    }
  }

  /**
   * Returns the command line of a controller, from the named copy if it exists, otherwise from this keeper's folder.
   */
  controller(folder: string, name: string | null = this.current): string[] {
    const named = name === null ? null : join(this.#root, name, 'controller.cjs');
    const program = named !== null && existsSync(named) ? named : join(this.#own, 'controller.cjs');
    return this.command(program, [folder]);
  }

  /** Returns the command line of one of brood's programs, with the Node and the options of this process. */
  command(program: string, args: readonly string[]): string[] {
    return [nodeProgram(), ...process.execArgv, program, ...args];
  }

  /**
   * Drops the current copy if it does not match its name. Returns false if the copy is whole, or if this keeper runs
   * from it and so has no better one. The link stays until another copy is current.
   */
  dropDamaged(): boolean {
    const name = this.#current;
    if (name === null || name === this.own || isWhole(join(this.#root, name))) return false;
    this.#current = null;
    return true;
  }

  /** Makes a copy the current one in one step and removes unused copies. */
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
      // The sources of a copy are noted beside it.
      if (!used.includes(entry.replace(/\.from$/, ''))) rmSync(join(this.#root, entry), {recursive: true, force: true});
    }
  }
}

function linkTo(path: string): string | null {
  try {
    const target = readlinkSync(path);
    // Only a copy beside the link counts.
    return /^[0-9a-f]+$/.test(target) ? target : null;
  } catch {
    return null;
  }
}

/** Returns the path of Node. An update may have removed the file, but not the running image (proc(5), `exe`). */
const nodeProgram = (): string => (existsSync(process.execPath) ? process.execPath : '/proc/self/exe');
