/**
 * Which programs the fleet runs. A copy of them lies in `code/HASH/` of the fleet's folder, and the link `code/current`
 * names the one from which whatever is lost is started again: an upgrade is done when the link is changed.
 */
import {existsSync, readdirSync, readlinkSync, realpathSync, renameSync, rmSync, symlinkSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';

export class Code {
  readonly #root: string;
  /** The folder that this keeper itself was started from. */
  readonly #own: string;

  constructor(folder: string, own: string) {
    this.#root = join(folder, 'code');
    this.#own = own;
  }

  /** The name of the copy that this keeper is of; null: it runs from where it was installed. */
  get own(): string | null {
    return existsSync(this.#root) && dirname(this.#own) === realpathSync(this.#root) ? basename(this.#own) : null;
  }

  /** The name of the copy that is current; null: there is none. */
  get current(): string | null {
    try {
      return readlinkSync(join(this.#root, 'current'));
    } catch {
      return null;
    }
  }

  /** Program and arguments of a controller: of the current copy, or of the one that is named. */
  controller(folder: string, name: string | null = this.current): string[] {
    const named = name === null ? null : join(this.#root, name, 'controller.cjs');
    const program = named !== null && existsSync(named) ? named : join(this.#own, 'controller.cjs');
    return [nodeProgram(), ...process.execArgv, program, folder];
  }

  /** Makes a copy the current one, at once or not at all, and removes those that nothing runs from any more. */
  makeCurrent(name: string | null): void {
    const link = join(this.#root, 'current');
    if (name === null) {
      rmSync(link, {force: true});
      return;
    }
    const aside = join(this.#root, '.current');
    rmSync(aside, {force: true});
    symlinkSync(name, aside);
    renameSync(aside, link);
    const used = ['current', name, this.own];
    for (const entry of readdirSync(this.#root)) {
      if (!used.includes(entry)) rmSync(join(this.#root, entry), {recursive: true, force: true});
    }
  }
}

/** Node; an update may have removed the file, but not what this process runs from (proc(5), `exe`). */
const nodeProgram = (): string => (existsSync(process.execPath) ? process.execPath : '/proc/self/exe');
