/** What a keeper leaves to the image of itself that replaces it (execve(2)). */
import type {DescriptorQueue} from '../posix/descriptor-queue.ts';

/** What the image that was replaced leaves to this one. */
export interface Replaced {
  /** The descriptor that holds the lock. */
  readonly lock: number;
  /** The upgrade under way; null: it came to nothing, and `failed` says why. */
  readonly upgrade: UpgradeUnderWay | null;
  /** Listening sockets: address and descriptor. */
  readonly sockets: readonly (readonly [string, number])[];
  /** What runs say how they are by; not there in what earlier versions leave. */
  readonly notifications?: KeptNotifications;
  /** What nothing but the process connector has told of; not there in what earlier versions leave. */
  readonly hidden?: HiddenMembers;
  /** The queue of pipes (pipe-store/store.ts); not there in what earlier versions leave. */
  readonly store?: DescriptorQueue | null;
  readonly failed: {readonly to: string; readonly message: string} | null;
}

/** Processes of runs that no sign tells from strangers: token, and their pids and start times. */
export type HiddenMembers = readonly (readonly [string, readonly (readonly [number, string])[]])[];

export interface UpgradeUnderWay {
  readonly to: string;
  /** The new controller, which waits for its welcome. */
  readonly controller: number;
  readonly link: number;
  /** Wall clock, ms. */
  readonly until: number;
  /** The keeper to go back to. */
  readonly back: string;
}

/** Descriptors that an earlier image of this process had, by token. */
export interface KeptNotifications {
  readonly notify: readonly (readonly [string, number])[];
  readonly ready: readonly (readonly [string, number])[];
}
