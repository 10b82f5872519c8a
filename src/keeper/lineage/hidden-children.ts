/**
 * Orphans of which this user sees only the pids: /proc is mounted with `hidepid`, and they run as another user. While
 * such an orphan lives, no run that may own it is proved gone.
 */
import type {Descendants} from './descendants.ts';
import type {Orphanage} from './orphanage.ts';
import type {Run} from '../runs/run.ts';
import {isHidden} from '../../process/hidepid.ts';

/** Pids named in one message. */
const MOST_NAMED = 3;

export interface HiddenChildrenHost {
  /** Null if forks are not followed. */
  descendants(): Descendants | null;
  /** Starts to follow forks, if possible. */
  followForks(): void;
  /** Returns every run of which a process may live. */
  living(): readonly Run[];
  orphanageOf(run: Run): Orphanage;
}

export class HiddenChildren {
  readonly #host: HiddenChildrenHost;
  /** By pid: the runs that may own the orphan, of those that existed when it was found. */
  readonly #owners = new Map<number, ReadonlySet<Run>>();

  constructor(host: HiddenChildrenHost) {
    this.#host = host;
  }

  /** Records an unreadable child of the keeper or of the anchor. */
  note(pid: number, orphanage: Orphanage): void {
    if (this.#owners.has(pid)) return;
    this.#host.followForks();
    const descendants = this.#host.descendants();
    const run = descendants?.runOf(pid) ?? null;
    const suspects = this.#host
      .living()
      // The start time is unreadable: only a run that was followed since its first fork is excluded.
      .filter(one => this.#host.orphanageOf(one) === orphanage && descendants?.excludes(one, pid, 0) !== true);
    this.#owners.set(pid, new Set(run === null ? suspects : [run]));
  }

  /** Removes a child that has ended and was reaped. */
  ended(pid: number): void {
    this.#owners.delete(pid);
  }

  /** Returns why something of the run may be left; null if none of these orphans may belong to it. */
  doubtOf(run: Run): string | null {
    return wordsOf(this.#living().filter(([, owners]) => owners.has(run)));
  }

  /** Returns why something of any run may be left, or null. */
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
  return `${found.length === 1 ? 'process' : 'processes'} ${named}, which this user can't see (/proc is mounted with hidepid), may belong to it`;
}
