/**
 * Orphans of which this user sees no more than their pids: /proc is mounted with `hidepid`, and they run as another user. A
 * run that may own one is not proved to be gone while it lives.
 */
import type {Descendants} from './descendants.ts';
import type {Orphanage} from './orphanage.ts';
import type {Run} from '../runs/run.ts';
import {isHidden} from '../../process/hidepid.ts';

/** Pids that a sentence names. */
const MOST_NAMED = 3;

export interface HiddenChildrenHost {
  /** Null: nobody listens. */
  descendants(): Descendants | null;
  /** From now on forks are to be followed, if they can be. */
  followForks(): void;
  /** Every run of which something may live. */
  living(): readonly Run[];
  orphanageOf(run: Run): Orphanage;
}

export class HiddenChildren {
  readonly #host: HiddenChildrenHost;
  /** By pid, the runs that may own it: those that were there when it was found. */
  readonly #owners = new Map<number, ReadonlySet<Run>>();

  constructor(host: HiddenChildrenHost) {
    this.#host = host;
  }

  /** A child of the keeper, or of the anchor, can't be looked at. */
  note(pid: number, orphanage: Orphanage): void {
    if (this.#owners.has(pid)) return;
    this.#host.followForks();
    const descendants = this.#host.descendants();
    const run = descendants?.runOf(pid) ?? null;
    const suspects = this.#host
      .living()
      // Its start time can't be read: what is known since its first fork alone excludes it.
      .filter(one => this.#host.orphanageOf(one) === orphanage && descendants?.excludes(one, pid, 0) !== true);
    this.#owners.set(pid, new Set(run === null ? suspects : [run]));
  }

  /** It has ended and was waited for. */
  ended(pid: number): void {
    this.#owners.delete(pid);
  }

  /** Why something of the run may be left, in words; null: none of these may be its. */
  doubtOf(run: Run): string | null {
    return wordsOf(this.#living().filter(([, owners]) => owners.has(run)));
  }

  /** The same of any run. */
  words(): string | null {
    return wordsOf(this.#living());
  }

  #living(): [number, ReadonlySet<Run>][] {
    for (const pid of this.#owners.keys()) if (!isHidden(pid)) this.#owners.delete(pid);
    return [...this.#owners];
  }
}

function wordsOf(found: readonly [number, unknown][]): string | null {
  if (found.length === 0) return null;
  const pids = found.slice(0, MOST_NAMED).map(([pid]) => pid);
  const more = found.length - pids.length;
  const named = pids.join(', ') + (more > 0 ? ` and ${more} more` : '');
  return `${found.length === 1 ? 'process' : 'processes'} ${named}, which this user can't see (/proc is mounted with hidepid), may be left of it`;
}
