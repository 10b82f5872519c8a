/** Where the facts about processes come from. What a source can't tell stays unknown. */
import type {Rows} from './rows.ts';

/** What changes while a process lives, or costs a file more; asked for those that are shown. */
export interface Details {
  /** The program and its arguments, joined by spaces; null: it has none (a kernel thread, a zombie), or it is unknown. Untrusted. */
  readonly command: string | null;
  /** Whose rights it has; null: unknown. */
  readonly uid: number | null;
  /** Memory that can't be swapped out; null: unknown. */
  readonly lockedBytes: number | null;
  /** The path in the v2 hierarchy; null: none or unknown. Untrusted. */
  readonly cgroup: string | null;
}

export const NO_DETAILS: Details = {command: null, uid: null, lockedBytes: null, cgroup: null};

export interface ProcessSource {
  /** Reads all processes. What can't be read of a process because it is gone meanwhile is left out. */
  read(rows: Rows): void | Promise<void>;
  /** What costs more, of one process that the last reading found. Never another's that has its pid now. */
  details(rows: Rows, row: number): Details;
  /** Memory in bytes, of what is shared its part; `denied`: of another user's process; null: unknown, or gone. */
  pss(rows: Rows, row: number): number | 'denied' | null;
  /** When a process was started, in ms since 1970; null: unknown. */
  startedAt(startTime: number): number | null;
  /** A start time as brood notes it: clock ticks after boot, as text; null: this source does not tell it so exactly. */
  identity(startTime: number): string | null;
  close(): void;
}
