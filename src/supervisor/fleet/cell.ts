/** The roster's entries for workers and instances, and the standing of a worker towards its dependents. */
import type {WorkerSpec} from '../../fleet/types.ts';
import type {Timed} from './deadlines.ts';
import type {Instance, Status} from '../types.ts';

/** One instance and the core's data about it. */
export interface Cell extends Timed {
  instance: Instance;
  readonly member: Member;
  /** Cached JSON text of the instance, or null after a change. */
  json: string | null;
}

/** One worker and the core's data about it. */
export interface Member {
  spec: WorkerSpec;
  /** Added by `add`, not by the fleet file. */
  added: boolean;
  /** The worker leaves the fleet with its last instance. */
  removed: boolean;
  /** Sorted by number. */
  readonly cells: Cell[];
  readonly counts: Counts;
  /** Workers that name this one in `after` or `requires`. */
  dependents: Member[];
  standing: Standing;
  json: string | null;
}

/** Counts of a worker's instances, maintained so that no loop over all of them is needed. */
export interface Counts {
  /** Instances wanted up, by status. */
  readonly up: Record<Status, number>;
  wantedUp: number;
  /** Instances with a run, or with leftovers of one. */
  alive: number;
  /** Of these, wanted down. */
  aliveDown: number;
}

/** The standing of a worker towards its dependents. */
export interface Standing {
  /**
   * `satisfied`: each instance that is wanted up is ready or finished. `waiting`: not yet. `stopped`: none is wanted
   * up. `failed`: all of those failed for good. `held`: down because a requirement is gone.
   */
  readonly kind: 'satisfied' | 'waiting' | 'stopped' | 'failed' | 'held';
  /** The words for dependents: `is starting`, `failed: exit code 3`. */
  readonly words: string;
  /** The requirement that is gone, in words, or null. With it, no instance can be up. */
  readonly heldBy: string | null;
  /** The number of instances that must go down and still live. Their dependencies stay up until then. */
  readonly going: number;
}
