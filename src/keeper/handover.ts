/** The state that a keeper passes to the image that replaces it (execve(2)). */
import type {DescriptorQueue} from '../posix/descriptor-queue.ts';

/** State from the replaced image. */
export interface Replaced {
  /** The descriptor that holds the lock. */
  readonly lock: number;
  /** The upgrade under way, or null if it failed (see `failed`). */
  readonly upgrade: UpgradeUnderWay | null;
  /** Listening sockets: address and descriptor. */
  readonly sockets: readonly (readonly [string, number])[];
  /** The notification descriptors of runs. Absent in state from earlier versions. */
  readonly notifications?: KeptNotifications;
  /** Processes known only from the process connector. Absent in state from earlier versions. */
  readonly hidden?: HiddenMembers;
  /** The queue of pipes (pipe-store/store.ts). Absent in state from earlier versions. */
  readonly store?: DescriptorQueue | null;
  readonly failed: {readonly to: string; readonly message: string} | null;
}

/** Processes that carry no sign of their run: by token, their pids and start times. */
export type HiddenMembers = readonly (readonly [string, readonly (readonly [number, string])[]])[];

export interface UpgradeUnderWay {
  readonly to: string;
  /** The new controller, which waits for its welcome. */
  readonly controller: number;
  readonly link: number;
  /** Wall clock, ms. */
  readonly until: number;
  /** The keeper to return to on failure. */
  readonly back: string;
}

/** Descriptors from an earlier image of this process, by token. */
export interface KeptNotifications {
  readonly notify: readonly (readonly [string, number])[];
  readonly ready: readonly (readonly [string, number])[];
}
