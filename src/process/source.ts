/** The interface of process sources. Facts that a source can't report stay unknown. */
import type {Rows} from './rows.ts';

/** Facts that change while a process lives, or need another file; read only for processes that are shown. */
export interface Details {
  /** The program and its arguments, joined by spaces; null: none (a kernel thread, a zombie), or unknown. Untrusted. */
  readonly command: string | null;
  /** The user whose rights the process has; null: unknown. */
  readonly uid: number | null;
  /** Memory that can't be swapped out; null: unknown. */
  readonly lockedBytes: number | null;
  /** The path in the v2 hierarchy; null: none or unknown. Untrusted. */
  readonly cgroup: string | null;
}

export const NO_DETAILS: Details = {command: null, uid: null, lockedBytes: null, cgroup: null};

export interface ProcessSource {
  /** Reads all processes. Facts that can't be read because the process is gone are left out. */
  read(rows: Rows): void | Promise<void>;
  /** Returns the costlier facts about a process of the last reading, never those of a later process with its pid. */
  details(rows: Rows, row: number): Details;
  /**
   * Returns memory in bytes, with its part of shared memory; `denied`: another user's process; null: unknown, or gone.
   */
  pss(rows: Rows, row: number): number | 'denied' | null;
  /** Returns when a process was started, in ms since 1970, or null if unknown. */
  startedAt(startTime: number): number | null;
  /**
   * Returns a start time as brood records it: clock ticks after boot, as text, or null if this source is less exact.
   */
  identity(startTime: number): string | null;
  close(): void;
}
