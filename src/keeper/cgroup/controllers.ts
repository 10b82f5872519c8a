/**
 * The controllers that cgroups of runs need for limits. They are passed down from the cgroup in which the supervisor
 * was started, but only if it has no processes of its own (cgroup-v2.rst, "No Internal Process Constraint"): so the
 * supervisor itself moves to a leaf. That is done only if no stranger is in that cgroup: it was then made for this
 * fleet (systemd: `Delegate=yes`; a container), and no foreign setup is disturbed. And not before a worker needs it.
 */
import {errorCode, hasCode} from '../../base/errors.ts';
import {existsSync, readdirSync, rmdirSync, writeFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import {makeCgroup} from './make.ts';
import type {Unenforced} from '../../link/runs.ts';
import {isRootCgroup, processesIn, whyWithout, valuesIn, type Controller} from '../../process/cgroup.ts';

/** A stranger may have left by then; a check reads all processes. */
const RETRY_MS = 10_000;

export type StrangerAmong = (pids: readonly number[]) => number | undefined;

/** The cgroups of a fleet. */
export interface Place {
  /** The cgroup in which the supervisor was started. */
  readonly outer: string;
  /** The fleet's cgroup, below `outer`, which holds those of its runs. */
  readonly base: string;
  /** The supervisor's own cgroup, below `base`, if `outer` must have no processes. */
  readonly leaf: string;
}

const control = (cgroup: string): string => join(cgroup, 'cgroup.subtree_control');
const has = (cgroup: string, name: string): boolean => valuesIn(control(cgroup)).includes(name);
const put = (path: string, text: string): void => writeFileSync(path, text, {flag: 'r+'});

function moveAll(from: string, to: string): void {
  for (const pid of processesIn(from)) {
    try {
      put(join(to, 'cgroup.procs'), String(pid));
    } catch (error) {
      // The process has ended meanwhile.
      if (!hasCode(error, 'ESRCH')) throw error;
    }
  }
}

export class Controllers {
  readonly #place: Place;
  readonly #names: Readonly<Record<Controller, string>>;
  readonly #refusals = new Map<Controller, {readonly why: string; readonly at: number}>();

  /** @param names the kernel's names for the controllers */
  constructor(place: Place, names: Readonly<Record<Controller, string>> = {memory: 'memory', cpu: 'cpu'}) {
    this.#place = place;
    this.#names = names;
  }

  /**
   * Passes down the requested controllers. Returns why any is unavailable. This process may be in the leaf afterwards.
   *
   * @param strangerAmong returns the first process that is not the supervisor's own; its own processes may be moved
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

  /** Undoes {@link enable}, so that the outer cgroup is as before. Errors are ignored. */
  disable(): void {
    const {outer, base, leaf} = this.#place;
    try {
      const isAlone = readdirSync(outer, {withFileTypes: true}).every(
        entry => !entry.isDirectory() || entry.name === basename(base),
      );
      for (const name of Object.values(this.#names)) {
        if (has(base, name)) put(control(base), `-${name}`);
        // Without a leaf, this fleet has not enabled the controller; and other cgroups beside it may need it.
        if (isAlone && existsSync(leaf) && has(outer, name)) put(control(outer), `-${name}`);
      }
      if (existsSync(leaf)) {
        moveAll(leaf, outer);
        rmdirSync(leaf);
      }
    } catch {
      // There was no leaf, or another fleet has started beside this one.
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
      return `the ${name} controller can't be enabled below the cgroup ${outer} (${code})`;
    }
  }
}
