/**
 * A cgroup for each run (cgroups(7), version 2; controllers are not needed). The cgroup holds every descendant,
 * whatever it does: it shows which processes belong to a run and when none is left, and ends all of them at once.
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

/** Removes a cgroup and those below it (a nested supervisor makes some). Returns false while a process is in one. */
export function removeCgroup(path: string): boolean {
  if (removeEmptyFolder(path) === null) return true;
  try {
    for (const folder of folders(path)) removeCgroup(folder);
  } catch {
    return false;
  }
  return removeEmptyFolder(path) === null;
}

/** Returns every process in a cgroup and below it. */
export function cgroupMembers(path: string): number[] {
  try {
    const own = (read(join(path, 'cgroup.procs')) ?? '').split('\n').filter(Boolean).map(Number);
    return [...own, ...folders(path).flatMap(cgroupMembers)];
  } catch {
    return [];
  }
}

/** Whether any process that is no zombie is in a cgroup or below it. */
export const isPopulated = (path: string): boolean =>
  /^populated 1$/m.test(readSmall(join(path, 'cgroup.events')) ?? '');

/** Kills all processes in a cgroup at once. Returns false if the kernel has no cgroup.kill (before Linux 5.14). */
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

/** Moves this process with all its threads to a cgroup. */
const moveSelf = (path: string): void => writeFileSync(procs(path), '0', {flag: 'r+'});

/** Options for the cgroups of a keeper. */
export interface CgroupsOptions {
  /** Returns the first process that is not the supervisor's own; its own processes may be moved beside the runs. */
  readonly strangerAmong: StrangerAmong;
  /** The kernel's names for the controllers. */
  readonly controllers?: Readonly<Record<Controller, string>>;
}

/**
 * The cgroups of a fleet's runs, in one folder below the cgroup in which the keeper was started. A run is born in its
 * own cgroup: the keeper itself is there when it spawns, since a process that is moved afterwards may have forked twice
 * by then. The keeper moves there beforehand, because a move takes some 20 ms if there was none for a while
 * (docs/decisions/0008-cgroup-per-run.md).
 */
export class Cgroups {
  /** The cgroup in which the supervisor was started. */
  readonly #outer: string;
  readonly #base: string;
  readonly #leaf: string;
  readonly #controllers: Controllers;
  readonly #strangerAmong: StrangerAmong;
  /** The cgroup in which this process is and the next run will be born. */
  #nest: string | null = null;
  #unavailable: string | null = null;

  private constructor(base: string, {strangerAmong, controllers}: CgroupsOptions) {
    this.#outer = dirname(base);
    this.#base = base;
    this.#leaf = join(base, 'supervisor');
    this.#controllers = new Controllers({outer: this.#outer, base, leaf: this.#leaf}, controllers);
    this.#strangerAmong = strangerAmong;
  }

  /**
   * Opens the fleet's cgroups, or returns why this process may not make any. {@link outside} finds out whether it may
   * move.
   */
  static open(name: string, options: CgroupsOptions): Cgroups | {readonly unavailable: string} {
    try {
      const own = ownCgroup();
      if (own === null) return {unavailable: 'no cgroup v2 hierarchy is mounted'};
      const folder = `brood-${name}`;
      // An earlier image may have left this process in a nest, an earlier keeper in the leaf.
      const [outer = ''] = own.split(`/${folder}/`);
      const base = join(outer, folder);
      makeCgroup(base);
      return new Cgroups(base, options);
    } catch (error) {
      return {unavailable: unwritable(error)};
    }
  }

  /** Why runs get no cgroup although folders can be made: no process may be moved (cgroups(7), delegation). */
  get unavailable(): string | null {
    return this.#unavailable;
  }

  /** Returns the cgroup in which the next child is born, empty but for this process, or null if the kernel refuses. */
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
   * Returns a new nest with the controllers that the limits need. Memory of this process is charged to a nest until it
   * is freed, so a nest in which this process has waited for long would reduce the memory of the run.
   */
  limitedNest(limits: readonly Controller[]): {readonly cgroup: string | null; readonly why: Unenforced} {
    const why = this.#controllers.enable(limits, this.#strangerAmong);
    this.moveOn(this.#nest, false);
    return {cgroup: this.nest(), why};
  }

  /** Leaves a nest in which a run was born, or failed to be, for the next one, unless this process has left already. */
  moveOn(left: string | null, isBorn: boolean): void {
    if (left === null || left !== this.#nest) return;
    this.#nest = null;
    if (this.nest() === null) this.#leave();
    if (!isBorn) removeCgroup(left);
  }

  /** Starts a process that belongs to no run. */
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

  /** Returns the cgroup of a run of this fleet that a process is in, or null. */
  cgroupOf(pid: number): string | null {
    const [, name = ''] = cgroupOf(pid)?.split(`/${basename(this.#base)}/`) ?? [];
    const path = join(this.#base, name.split('/', 1)[0] ?? '');
    return path === this.#base || path === this.#leaf || path === this.#nest ? null : path;
  }

  /** Removes cgroups that an earlier keeper has left, except for those of runs. */
  removeAllBut(kept: ReadonlySet<string | null>): void {
    for (const path of folders(this.#base)) {
      if (path !== this.#nest && path !== this.#leaf && !kept.has(path)) removeCgroup(path);
    }
  }

  /** Leaves the cgroups and removes them. While a run is left, its limits stay. */
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
      // In a run's cgroup the keeper would be killed with the run: it crashes instead, and its successor adopts the
      // runs.
      setImmediate(() => {
        throw error;
      });
    }
  }
}

/** The cgroup in which a run is to be born. */
export interface Nest {
  readonly cgroup: string | null;
  /**
   * To be called once the run is born: sets its limits, and returns why any is not enforced. This process has left the
   * cgroup by then: a worker's limit may be too low for a keeper that forks, and the kernel would kill both.
   */
  readonly hold: () => Unenforced;
}

export function nestFor(cgroups: Cgroups | null, limits: RunLimits): Nest {
  const limited = (['memory', 'cpu'] as const).filter(limit => limits[limit] !== null);
  if (limited.length === 0) return {cgroup: cgroups?.nest() ?? null, hold: () => ({memory: null, cpu: null})};
  if (cgroups === null) {
    const none = 'cgroup v2 is not available here';
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
