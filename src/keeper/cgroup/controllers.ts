/**
 * The controllers that cgroups of runs need to hold limits. They are handed down from the cgroup that the supervisor was
 * started in, but only by one that has no processes of its own (cgroup-v2.rst, "No Internal Process Constraint"): so the
 * supervisor itself goes to a leaf. That is done only where nobody else is in that cgroup: then it was made for this fleet
 * (systemd: `Delegate=yes`; a container), and nobody else's order is disturbed. And not before a worker needs it.
 */
import {errorCode, hasCode} from '../../base/errors.ts';
import {existsSync, readdirSync, rmdirSync, writeFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import {makeCgroup} from './make.ts';
import type {Unenforced} from '../../link/runs.ts';
import {isRootCgroup, processesIn, whyWithout, wordsOf, type Controller} from '../../process/cgroup.ts';

/** Whoever was in the way may have left by then; to look costs a reading of all processes. */
const RETRY_MS = 10_000;

export type StrangerAmong = (pids: readonly number[]) => number | undefined;

/** The cgroups of a fleet. */
export interface Place {
  /** That in which the supervisor was started. */
  readonly outer: string;
  /** Below it: that of the fleet, in which those of its runs are. */
  readonly base: string;
  /** Below that: for the supervisor itself, where the outer one may have no processes. */
  readonly leaf: string;
}

const control = (cgroup: string): string => join(cgroup, 'cgroup.subtree_control');
const has = (cgroup: string, name: string): boolean => wordsOf(control(cgroup)).includes(name);
const put = (path: string, text: string): void => writeFileSync(path, text, {flag: 'r+'});

function moveAll(from: string, to: string): void {
  for (const pid of processesIn(from)) {
    try {
      put(join(to, 'cgroup.procs'), String(pid));
    } catch (error) {
      // It has ended in the meantime.
      if (!hasCode(error, 'ESRCH')) throw error;
    }
  }
}

export class Controllers {
  readonly #place: Place;
  readonly #names: Readonly<Record<Controller, string>>;
  readonly #refusals = new Map<Controller, {readonly why: string; readonly at: number}>();

  /** @param names the controllers as the kernel calls them */
  constructor(place: Place, names: Readonly<Record<Controller, string>> = {memory: 'memory', cpu: 'cpu'}) {
    this.#place = place;
    this.#names = names;
  }

  /**
   * Hands down those that are asked for, and answers why one can't be had. This process may be in the leaf afterwards.
   *
   * @param strangerAmong the first of these processes that is not the supervisor's own: those that are may be moved
   */
  enable(wanted: readonly Controller[], strangerAmong: StrangerAmong): Unenforced {
    const why: Record<Controller, string | null> = {memory: null, cpu: null};
    for (const limit of wanted) {
      const refusal = this.#refusals.get(limit);
      if (refusal !== undefined && performance.now() - refusal.at < RETRY_MS) {
        why[limit] = refusal.why;
        continue;
      }
      const refused = this.#enable(this.#names[limit], strangerAmong);
      why[limit] = refused;
      if (refused !== null) this.#refusals.set(limit, {why: refused, at: performance.now()});
    }
    return why;
  }

  /** Undoes it, so that the outer cgroup is as it was found. What can't be undone is left as it is. */
  disable(): void {
    const {outer, base, leaf} = this.#place;
    try {
      const isAlone = readdirSync(outer, {withFileTypes: true}).every(
        entry => !entry.isDirectory() || entry.name === basename(base),
      );
      for (const name of Object.values(this.#names)) {
        if (has(base, name)) put(control(base), `-${name}`);
        // Where there is no leaf, it was not this fleet that wanted it; and others may have been made beside, and need it.
        if (isAlone && existsSync(leaf) && has(outer, name)) put(control(outer), `-${name}`);
      }
      if (existsSync(leaf)) {
        moveAll(leaf, outer);
        rmdirSync(leaf);
      }
    } catch {
      // There was none, or another fleet has taken its place beside it.
    }
  }

  #enable(name: string, strangerAmong: StrangerAmong): string | null {
    const {outer, base, leaf} = this.#place;
    if (has(base, name)) return null;
    const why = whyWithout(outer, name, strangerAmong);
    if (why !== null) return why;
    try {
      if (!has(outer, name)) {
        if (!isRootCgroup(outer)) {
          makeCgroup(leaf);
          moveAll(outer, leaf);
        }
        put(control(outer), `+${name}`);
      }
      put(control(base), `+${name}`);
      return null;
    } catch (error) {
      const code = errorCode(error, String(error));
      return `the kernel does not hand the ${name} controller down from the cgroup ${outer} (${code})`;
    }
  }
}
