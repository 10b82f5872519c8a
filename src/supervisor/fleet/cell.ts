/** Workers and instances as the roster keeps them, and how one worker stands towards another. */
import type {WorkerSpec} from '../../fleet/types.ts';
import type {Timed} from './deadlines.ts';
import type {Instance, Status} from '../types.ts';

/** One instance and what the core keeps about it. */
export interface Cell extends Timed {
  instance: Instance;
  readonly member: Member;
  /** Its JSON text, until it changes. */
  json: string | null;
}

/** One worker and what the core keeps about it. */
export interface Member {
  spec: WorkerSpec;
  /** By `add`, not by the fleet file. */
  added: boolean;
  /** It is out of the fleet as soon as its last instance is. */
  removed: boolean;
  /** By number. */
  readonly cells: Cell[];
  readonly counts: Counts;
  /** Workers that name it in `after` or `requires`. */
  dependents: Member[];
  standing: Standing;
  json: string | null;
}

/** Instances of one worker, so that nobody has to go through them all. */
export interface Counts {
  /** Wanted up, by status. */
  readonly up: Record<Status, number>;
  wantedUp: number;
  /** With a run, or with something of a run left. */
  alive: number;
  /** Of these, wanted down. */
  aliveDown: number;
}

/** How a worker stands towards those who depend on it. */
export interface Standing {
  /**
   * `satisfied`: each instance that is wanted up is ready, or finished well. `waiting`: not yet. `stopped`: none is
   * wanted up. `failed`: all of them gave up. `held`: what it requires is gone, so it is too.
   */
  readonly kind: 'satisfied' | 'waiting' | 'stopped' | 'failed' | 'held';
  /** For whom it concerns: `is starting`, `failed: exit code 3`. */
  readonly words: string;
  /** What it requires and is gone, in words; its instances can't be up. */
  readonly heldBy: string | null;
  /** Instances that are to go down and are not yet: what they depend on stays up so long. */
  readonly going: number;
}
