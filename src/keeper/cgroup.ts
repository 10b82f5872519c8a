/**
 * A cgroup for each run (cgroups(7), version 2; controllers are not needed). It holds every descendant whatever it
 * does: it tells who belongs to a run, when nobody is left, and ends all of them at once.
 */
import {existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync} from 'node:fs';
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

/** Moves this process, all its threads, to a cgroup. */
const moveSelf = (path: string): void => writeFileSync(procs(path), '0', {flag: 'r+'});

/** The cgroups of a fleet's runs, in one folder below the cgroup that the keeper itself is in. */
export class Cgroups {
  readonly #own: string;
  readonly #base: string;

  private constructor(own: string, base: string) {
    this.#own = own;
    this.#base = base;
  }

  /** Null, with the reason, where this process may not make any. */
  static open(name: string): Cgroups | {readonly unavailable: string} {
    try {
      const mount = mountPoint();
      const path = cgroupOf('self');
      if (mount === null || path === null) return {unavailable: 'no cgroup v2 hierarchy is mounted'};
      const own = join(mount, path);
      const base = join(own, `brood-${name}`);
      mkdirSync(base, {recursive: true});
      // In and out once: a folder that can be made does not mean that processes may be moved (cgroups(7), delegation).
      moveSelf(base);
      moveSelf(own);
      return new Cgroups(own, base);
    } catch (error) {
      return {
        unavailable: `cgroup v2 is not writable here (${error instanceof Error ? error.message : String(error)})`,
      };
    }
  }

  /**
   * Calls `spawn` from inside a new cgroup, so that its child is born there: one that is moved afterwards may have
   * forked by then, twice, and what it forked would have stayed behind. `cgroup` is null where the kernel refuses.
   */
  spawnInside<T>(token: string, spawn: () => T): {readonly spawned: T; readonly cgroup: string | null} {
    const path = join(this.#base, token);
    try {
      mkdirSync(path);
      moveSelf(path);
    } catch {
      removeCgroup(path);
      return {spawned: spawn(), cgroup: null};
    }
    try {
      return {spawned: spawn(), cgroup: path};
    } finally {
      this.#leave();
    }
  }

  /** The cgroup that a run was or would have been started in by any keeper of this fleet; null where there is none. */
  of(token: string): string | null {
    const path = join(this.#base, token);
    return existsSync(path) ? path : null;
  }

  close(): void {
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
