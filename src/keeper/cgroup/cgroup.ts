/**
 * A cgroup for each run (cgroups(7), version 2; controllers are not needed). It holds every descendant whatever it
 * does: it tells who belongs to a run, when nobody is left, and ends all of them at once.
 */
import {messageOf} from '../../base/errors.ts';
import {randomBytes} from 'node:crypto';
import {existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {Controllers, type StrangerAmong} from './controllers.ts';
import {setLimits} from './limits.ts';
import {makeCgroup} from './make.ts';
import type {RunLimits, Unenforced} from '../../link/runs.ts';
import {ownCgroup, type Controller} from '../../process/cgroup.ts';
import {cgroupOf} from '../../process/proc-files.ts';
import {removeEmptyFolder} from '../../posix/remove.ts';
import {readSmall} from '../../process/stat.ts';

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
  if (removeEmptyFolder(path) === null) return true;
  try {
    for (const folder of folders(path)) removeCgroup(folder);
  } catch {
    return false;
  }
  return removeEmptyFolder(path) === null;
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
export const isPopulated = (path: string): boolean =>
  /^populated 1$/m.test(readSmall(join(path, 'cgroup.events')) ?? '');

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

const unwritable = (error: unknown): string => `cgroup v2 is not writable here (${messageOf(error)})`;

/** Moves this process, all its threads, to a cgroup. */
const moveSelf = (path: string): void => writeFileSync(procs(path), '0', {flag: 'r+'});

/** What a keeper may say of the cgroups that it is to make. */
export interface CgroupsOptions {
  /** The first of these processes that is not the supervisor's own: those that are may be moved beside the runs. */
  readonly strangerAmong: StrangerAmong;
  /** The controllers as the kernel calls them. */
  readonly controllers?: Readonly<Record<Controller, string>>;
}

/**
 * The cgroups of a fleet's runs, in one folder below the cgroup that the keeper was started in. A run is born in its
 * own: the keeper itself is there when it spawns, since one that is moved afterwards may have forked twice by then. It
 * goes there beforehand, for a move takes some 20 ms when there was none for a while (docs/decisions/0008-cgroup-per-run.md).
 */
export class Cgroups {
  /** The one that the supervisor was started in. */
  readonly #outer: string;
  readonly #base: string;
  readonly #leaf: string;
  readonly #controllers: Controllers;
  readonly #strangerAmong: StrangerAmong;
  /** The cgroup in which the next run is to be born, and this process is. */
  #nest: string | null = null;
  #unavailable: string | null = null;

  private constructor(base: string, {strangerAmong, controllers}: CgroupsOptions) {
    this.#outer = dirname(base);
    this.#base = base;
    this.#leaf = join(base, 'supervisor');
    this.#controllers = new Controllers({outer: this.#outer, base, leaf: this.#leaf}, controllers);
    this.#strangerAmong = strangerAmong;
  }

  /** Null, with the reason, where this process may not make any. Whether it may move is found out by {@link outside}. */
  static open(name: string, options: CgroupsOptions): Cgroups | {readonly unavailable: string} {
    try {
      const own = ownCgroup();
      if (own === null) return {unavailable: 'no cgroup v2 hierarchy is mounted'};
      const folder = `brood-${name}`;
      // An earlier image of this process may have left it in a nest, an earlier keeper in the leaf.
      const [outer = ''] = own.split(`/${folder}/`);
      const base = join(outer, folder);
      makeCgroup(base);
      return new Cgroups(base, options);
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
      makeCgroup(path);
      moveSelf(path);
      this.#unavailable = null;
      return (this.#nest = path);
    } catch (error) {
      this.#unavailable = unwritable(error);
      removeCgroup(path);
      return null;
    }
  }

  /**
   * The same, with what it takes to hold limits. What this process has in a nest is counted there as long as it has it, so one
   * that has waited in it for long would take that from the memory of the run.
   */
  limitedNest(limits: readonly Controller[]): {readonly cgroup: string | null; readonly why: Unenforced} {
    const why = this.#controllers.enable(limits, this.#strangerAmong);
    this.moveOn(this.#nest, false);
    return {cgroup: this.nest(), why};
  }

  /** Something was born in that nest, or failed to be: this process leaves it for the next one, if it has not yet. */
  moveOn(left: string | null, isBorn: boolean): void {
    if (left === null || left !== this.#nest) return;
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

  /** The cgroup of this fleet that a process is in; null: it is in none of a run. */
  cgroupOf(pid: number): string | null {
    const [, name = ''] = cgroupOf(pid)?.split(`/${basename(this.#base)}/`) ?? [];
    const path = join(this.#base, name.split('/', 1)[0] ?? '');
    return path === this.#base || path === this.#leaf || path === this.#nest ? null : path;
  }

  /** Removes those that an earlier keeper has left, but for those of runs. */
  removeAllBut(kept: ReadonlySet<string | null>): void {
    for (const path of folders(this.#base)) {
      if (path !== this.#nest && path !== this.#leaf && !kept.has(path)) removeCgroup(path);
    }
  }

  /** Removes what can be removed. While a run is left, its limits are. */
  close(): void {
    this.#nest = null;
    this.#leave();
    const runs = folders(this.#base).filter(path => path !== this.#leaf);
    if (runs.every(removeCgroup)) this.#controllers.disable();
    removeCgroup(this.#base);
  }

  #leave(): void {
    try {
      moveSelf(existsSync(this.#leaf) ? this.#leaf : this.#outer);
    } catch (error) {
      // In a run's cgroup the keeper would be ended with it: better that the anchor starts another one, which adopts.
      setImmediate(() => {
        throw error;
      });
    }
  }
}

/** Where a run is to be born. */
export interface Nest {
  readonly cgroup: string | null;
  /**
   * Once it is born: sets its limits, and answers why they are not held. This process has left then: what a worker may have is
   * no limit for a keeper that forks, and the kernel would end both.
   */
  readonly hold: () => Unenforced;
}

export function nestFor(cgroups: Cgroups | null, limits: RunLimits): Nest {
  const limited = (['memory', 'cpu'] as const).filter(limit => limits[limit] !== null);
  if (limited.length === 0) return {cgroup: cgroups?.nest() ?? null, hold: () => ({memory: null, cpu: null})};
  if (cgroups === null) {
    const none = 'no cgroup v2 is to be had here';
    return {cgroup: null, hold: () => setLimits(null, limits, {memory: none, cpu: none})};
  }
  const {cgroup, why} = cgroups.limitedNest(limited);
  return {
    cgroup,
    hold() {
      cgroups.moveOn(cgroup, true);
      return setLimits(cgroup, limits, why);
    },
  };
}
