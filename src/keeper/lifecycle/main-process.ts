/** The main processes that this keeper starts: from the fork to the record, and the handling of their ends. */
import {happen} from '../runs/life.ts';
import type {SpawnOrder} from '../../link/spawn.ts';
import {continueRecord, type OpenRecord} from '../runs/record.ts';
import type {Runs} from '../runs/runs.ts';
import type {Run} from '../runs/run.ts';
import {Spawner} from './spawner.ts';
import type {SignalName} from '../../base/signal-name.ts';
import type {End} from '../../posix/wait.ts';
import {startTimeOf} from '../../process/stat.ts';

/** Cgroup and record of a new main process. */
export interface Birth {
  /** The run's cgroup, which this process is in; null if the run has none. */
  readonly cgroup: string | null;
  /** The run's record, which has begun. */
  readonly record: OpenRecord;
}

export interface MainProcessesHost {
  /** The folder of runs. */
  readonly folder: string;
  readonly runs: Runs;
  /** Reads the last notices of a run whose main process has ended. */
  readonly lastWords: (run: Run) => void;
  readonly ended: (run: Run, code: number | null, signal: SignalName | null) => void;
}

export class MainProcesses {
  readonly #host: MainProcessesHost;
  readonly #spawner: Spawner;
  /** Main processes that were not reaped yet, by pid. */
  readonly #living = new Map<number, Run>();

  constructor(host: MainProcessesHost) {
    this.#host = host;
    this.#spawner = new Spawner(process.env, host.folder);
  }

  /** Returns whether that child of this process is, or was, the main process of a run. */
  has(pid: number): boolean {
    return this.#living.has(pid);
  }

  /**
   * Starts the main process of a run. Throws if the kernel refuses, and there is no process then; or if the process
   * can't be recorded: then it is killed, and its end is reported.
   */
  start(run: Run, order: SpawnOrder, fds: readonly (number | null)[], {cgroup, record}: Birth): void {
    const {runs} = this.#host;
    const at = Date.now();
    const pid = this.#spawner.start(order, fds);
    this.#living.set(pid, run);
    runs.started(run, pid, at, cgroup);
    try {
      // Until it is reaped, the pid is its own: no descriptor is needed to hold it.
      const startTime = startTimeOf(pid) ?? '';
      happen(run, {type: 'identified', startTime});
      continueRecord(record, {pid, startTime, startedAt: at, cgroup});
    } catch (error) {
      process.kill(pid, 'SIGKILL');
      throw error;
    }
  }

  /** Handles the end of a child that was reaped. */
  ended(pid: number, {code, signal}: End): void {
    const run = this.#living.get(pid);
    if (!run) return;
    this.#living.delete(pid);
    // The notices may name another main process.
    if (run.exit === null) this.#host.lastWords(run);
    if (run.pid === pid) this.#host.ended(run, code, signal);
  }
}
