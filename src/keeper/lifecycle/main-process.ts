/** The main processes that this keeper starts: from the fork until it is recorded, and who hears of the end. */
import {happen} from '../runs/life.ts';
import type {SpawnOrder} from '../../link/spawn.ts';
import {continueRecord, type OpenRecord} from '../runs/record.ts';
import type {Runs} from '../runs/runs.ts';
import type {Run} from '../runs/run.ts';
import {Spawner} from './spawner.ts';
import type {SignalName} from '../../base/signal-name.ts';
import type {End} from '../../posix/wait.ts';
import {startTimeOf} from '../../process/stat.ts';

/** Where a main process begins. */
export interface Birth {
  /** The cgroup that this process is in; null: none that is the run's. */
  readonly cgroup: string | null;
  /** The run's record, which has begun. */
  readonly record: OpenRecord;
}

export interface MainProcessesHost {
  /** The folder of runs. */
  readonly folder: string;
  readonly runs: Runs;
  /** It has ended, but what it said last may not have been read yet. */
  readonly lastWords: (run: Run) => void;
  readonly ended: (run: Run, code: number | null, signal: SignalName | null) => void;
}

export class MainProcesses {
  readonly #host: MainProcessesHost;
  readonly #spawner: Spawner;
  /** Those that were not waited for yet, by pid. */
  readonly #living = new Map<number, Run>();

  constructor(host: MainProcessesHost) {
    this.#host = host;
    this.#spawner = new Spawner(process.env, host.folder);
  }

  /** Whether that child of this process is the main process of a run, or was one. */
  has(pid: number): boolean {
    return this.#living.has(pid);
  }

  /**
   * Starts that of a run. Throws what the kernel refuses, then there is none; and where it can't be recorded: then it is
   * killed, and its end is told.
   */
  start(run: Run, order: SpawnOrder, fds: readonly (number | null)[], {cgroup, record}: Birth): void {
    const {runs} = this.#host;
    const at = Date.now();
    const pid = this.#spawner.start(order, fds);
    this.#living.set(pid, run);
    runs.started(run, pid, at, cgroup);
    try {
      // Until it was waited for, its pid is its own: no descriptor is needed to hold on to it.
      const startTime = startTimeOf(pid) ?? '';
      happen(run, {type: 'identified', startTime});
      continueRecord(record, {pid, startTime, startedAt: at, cgroup});
    } catch (error) {
      process.kill(pid, 'SIGKILL');
      throw error;
    }
  }

  /** That child has ended and was waited for. */
  ended(pid: number, {code, signal}: End): void {
    const run = this.#living.get(pid);
    if (!run) return;
    this.#living.delete(pid);
    // That may be that another one takes its place.
    if (run.exit === null) this.#host.lastWords(run);
    if (run.pid === pid) this.#host.ended(run, code, signal);
  }
}
