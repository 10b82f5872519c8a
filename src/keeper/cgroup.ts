/**
 * A cgroup for each run (cgroups(7), version 2; controllers are not needed). It holds every descendant whatever it
 * does: it tells who belongs to a run, when nobody is left, and ends all of them at once.
 */
import {randomBytes} from 'node:crypto';
import {mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {cgroupOf} from '../process/facts.ts';

function mountPoint(): string | null {
  const line = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .find(entry => / - cgroup2 /.test(entry));
  // mountinfo writes a space in a path as \040.
  return line?.split(' ')[4]?.replaceAll('\\040', ' ') ?? null;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
}

const folders = (path: string): string[] =>
  readdirSync(path, {withFileTypes: true})
    .filter(entry => entry.isDirectory())
    .map(entry => join(path, entry.name));

/** Removes a cgroup and those below it (a nested supervisor makes some); false while a process is in one of them. */
export function removeCgroup(path: string): boolean {
  try {
    for (const folder of folders(path)) removeCgroup(folder);
    rmdirSync(path);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT';
  }
}

/** Every process in a cgroup and below it. */
export function cgroupMembers(path: string): number[] {
  try {
    const own = (read(join(path, 'cgroup.procs')) ?? '').split('\n').filter(Boolean).map(Number);
    return [...own, ...folders(path).flatMap(cgroupMembers)];
  } catch {
    return [];
  }
}

/** Whether any process that is no zombie is in it or below it. */
export const isPopulated = (path: string): boolean => /^populated 1$/m.test(read(join(path, 'cgroup.events')) ?? '');

/** Ends everything in it at once; false where the kernel has no cgroup.kill (before Linux 5.14). */
export function killCgroup(path: string): boolean {
  try {
    writeFileSync(join(path, 'cgroup.kill'), '1', {flag: 'r+'});
    return true;
  } catch {
    return false;
  }
}

const procs = (path: string): string => join(path, 'cgroup.procs');

const unwritable = (error: unknown): string =>
  `cgroup v2 is not writable here (${error instanceof Error ? error.message : String(error)})`;

/** Moves this process, all its threads, to a cgroup. */
const moveSelf = (path: string): void => writeFileSync(procs(path), '0', {flag: 'r+'});

/**
 * The cgroups of a fleet's runs, in one folder below the cgroup that the keeper was started in. A run is born in its
 * own: the keeper itself is there when it spawns, since one that is moved afterwards may have forked twice by then. It
 * goes there beforehand, for a move takes some 20 ms when there was none for a while (docs/decisions/0008-cgroup-per-run.md).
 */
export class Cgroups {
  readonly #own: string;
  readonly #base: string;
  /** The cgroup in which the next run is to be born, and this process is. */
  #nest: string | null = null;
  #unavailable: string | null = null;

  private constructor(own: string, base: string) {
    this.#own = own;
    this.#base = base;
  }

  /** Null, with the reason, where this process may not make any. Whether it may move is found out by {@link outside}. */
  static open(name: string): Cgroups | {readonly unavailable: string} {
    try {
      const mount = mountPoint();
      const path = cgroupOf('self');
      if (mount === null || path === null) return {unavailable: 'no cgroup v2 hierarchy is mounted'};
      const folder = `brood-${name}`;
      // An earlier image of this process may have left it in a nest.
      const [outer = ''] = path.split(`/${folder}/`);
      const own = join(mount, outer);
      const base = join(own, folder);
      mkdirSync(base, {recursive: true});
      return new Cgroups(own, base);
    } catch (error) {
      return {unavailable: unwritable(error)};
    }
  }

  /** Why runs get none although folders can be made: no process may be moved (cgroups(7), delegation). */
  get unavailable(): string | null {
    return this.#unavailable;
  }

  /** The cgroup in which what this process starts next is born, empty but for itself; null where the kernel refuses. */
  nest(): string | null {
    if (this.#nest !== null) return this.#nest;
    const path = join(this.#base, randomBytes(8).toString('hex'));
    try {
      mkdirSync(path);
      moveSelf(path);
      this.#unavailable = null;
      return (this.#nest = path);
    } catch (error) {
      this.#unavailable = unwritable(error);
      removeCgroup(path);
      return null;
    }
  }

  /** Something was born in the nest, or failed to be: this process leaves it for the next one. */
  moveOn(isBorn: boolean): void {
    const left = this.#nest;
    if (left === null) return;
    this.#nest = null;
    if (this.nest() === null) this.#leave();
    if (!isBorn) removeCgroup(left);
  }

  /** Starts something that belongs to no run. */
  outside<T>(start: () => T): T {
    const left = this.#nest;
    this.#nest = null;
    try {
      if (left !== null) {
        this.#leave();
        removeCgroup(left);
      }
      return start();
    } finally {
      this.nest();
    }
  }

  /** Removes those that an earlier keeper has left, but for those of runs. */
  removeAllBut(kept: ReadonlySet<string | null>): void {
    for (const path of folders(this.#base)) if (path !== this.#nest && !kept.has(path)) removeCgroup(path);
  }

  close(): void {
    this.#nest = null;
    this.#leave();
    removeCgroup(this.#base);
  }

  #leave(): void {
    try {
      moveSelf(this.#own);
    } catch (error) {
      // In a run's cgroup the keeper would be ended with it: better that the anchor starts another one, which adopts.
      setImmediate(() => {
        throw error;
      });
    }
  }
}
