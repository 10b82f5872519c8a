/** All processes at one moment, read again and again: the base of `brood tree` and `brood top`. */
import {Forest} from './forest.ts';
import {isKernelThread, statLetters} from './ps-stat.ts';
import {known, Rows} from './rows.ts';
import type {Details, ProcessSource} from './source.ts';

/** For so long a command line that was read is taken for the one there is: it may change without its name. */
const DETAILS_MS = 3000;

interface Remembered {
  details: Details;
  version: number;
  readAt: number;
}

/**
 * ```ts
 * const snapshot = new Snapshot(new ProcSource({keepOpen: 8192}));
 * await snapshot.refresh(); // again for CPU percent, which is between two readings
 * for (let n = 0; n < snapshot.rows.count; n++) {
 *   const row = snapshot.forest.at(n); // parents first; rows.at(n) by pid
 *   console.log(snapshot.rows.pid[row], snapshot.rows.name(row), snapshot.stat(row));
 * }
 * ```
 * A row stays a process's as long as it lives. Columns hold numbers; `known()` makes null of what is unknown.
 */
export class Snapshot {
  readonly rows = new Rows();
  readonly forest = new Forest(this.rows);
  readonly #source: ProcessSource;
  readonly #remembered: (Remembered | undefined)[] = [];

  constructor(source: ProcessSource) {
    this.#source = source;
  }

  /** Reads all anew. */
  async refresh(): Promise<void> {
    await this.#source.read(this.rows);
  }

  /** Lets go of what is held open. */
  close(): void {
    this.#source.close();
  }

  /** What is not read for all at each refresh: command line, user, cgroup, locked memory. At most 3 s old. */
  details(row: number): Details {
    const version = this.rows.version[row] ?? 0;
    const now = performance.now();
    const remembered = this.#remembered[row];
    if (remembered?.version === version && now - remembered.readAt < DETAILS_MS) return remembered.details;
    const details = this.#source.details(this.rows, row);
    if (remembered === undefined) this.#remembered[row] = {details, version, readAt: now};
    else Object.assign(remembered, {details, version, readAt: now});
    return details;
  }

  /** Proportional set size in bytes; `denied` of another user's process, null where it is unknown. Costs a millisecond. */
  pss(row: number): number | 'denied' | null {
    return this.#source.pss(this.rows, row);
  }

  /** When it was started, in ms since 1970; null: unknown. */
  startedAt(row: number): number | null {
    const startTime = known(this.rows.startTime[row]);
    return startTime === null ? null : this.#source.startedAt(startTime);
  }

  /** With the pid, the identity by which brood knows processes: clock ticks after boot, as text; null: unknown. */
  identity(row: number): string | null {
    const startTime = known(this.rows.startTime[row]);
    return startTime === null ? null : this.#source.identity(startTime);
  }

  /** The kernel's letter: R S D T t Z X I; null: unknown. */
  state(row: number): string | null {
    const state = known(this.rows.state[row]);
    return state === null ? null : String.fromCharCode(state);
  }

  /** STAT as ps(1) shows it: `Ssl+`; null: unknown. */
  stat(row: number): string | null {
    const {rows} = this;
    const state = known(rows.state[row]);
    return state === null
      ? null
      : statLetters({
          state,
          nice: rows.nice[row] ?? 0,
          lockedBytes: this.details(row).lockedBytes,
          pid: rows.pid[row] ?? 0,
          sid: rows.sid[row] ?? 0,
          threads: rows.threads[row] ?? 0,
          pgid: rows.pgid[row] ?? 0,
          foreground: rows.foreground[row] ?? 0,
        });
  }

  /** It has ended, and only waits to be waited for. One whose first thread alone has ended looks the same to ps(1). */
  hasEnded(row: number): boolean {
    const state = this.state(row);
    return (state === 'Z' && (this.rows.threads[row] ?? 0) < 2) || state === 'X';
  }

  isKernelThread(row: number): boolean {
    const flags = known(this.rows.flags[row]);
    return flags !== null && isKernelThread(flags);
  }
}
