/** All processes at one moment, refreshed repeatedly: the base of `brood tree` and `brood top`. */
import {Forest} from './forest.ts';
import {isKernelThread, statLetters} from './ps-stat.ts';
import {known, Rows} from './rows.ts';
import type {Details, ProcessSource} from './source.ts';

/** How long (ms) details are cached: a command line may change while the name stays the same. */
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
 * A process keeps its row as long as it lives. Columns hold numbers; `known()` turns unknown values into null.
 */
export class Snapshot {
  readonly rows = new Rows();
  readonly forest = new Forest(this.rows);
  readonly #source: ProcessSource;
  readonly #remembered: (Remembered | undefined)[] = [];

  constructor(source: ProcessSource) {
    this.#source = source;
  }

  /** Reads all processes again. */
  async refresh(): Promise<void> {
    await this.#source.read(this.rows);
  }

  /** Closes the source. */
  close(): void {
    this.#source.close();
  }

  /** Returns facts that a refresh does not read: command line, user, cgroup, locked memory. At most 3 s old. */
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

  /**
   * Returns the proportional set size in bytes; `denied` for another user's process, null if unknown. Takes about 1 ms.
   */
  pss(row: number): number | 'denied' | null {
    return this.#source.pss(this.rows, row);
  }

  /** Returns when the process was started, in ms since 1970, or null if unknown. */
  startedAt(row: number): number | null {
    const startTime = known(this.rows.startTime[row]);
    return startTime === null ? null : this.#source.startedAt(startTime);
  }

  /**
   * Returns the start time by which brood identifies a process, with its pid: clock ticks after boot, as text, or null.
   */
  identity(row: number): string | null {
    const startTime = known(this.rows.startTime[row]);
    return startTime === null ? null : this.#source.identity(startTime);
  }

  /** Returns the kernel's letter, R S D T t Z X I, or null if unknown. */
  state(row: number): string | null {
    const state = known(this.rows.state[row]);
    return state === null ? null : String.fromCharCode(state);
  }

  /** Returns STAT as ps(1) shows it: `Ssl+`, or null if unknown. */
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

  /** Whether a process is a zombie. To ps(1), a process of which only the first thread has ended looks the same. */
  hasEnded(row: number): boolean {
    const state = this.state(row);
    return (state === 'Z' && (this.rows.threads[row] ?? 0) < 2) || state === 'X';
  }

  isKernelThread(row: number): boolean {
    const flags = known(this.rows.flags[row]);
    return flags !== null && isKernelThread(flags);
  }
}
