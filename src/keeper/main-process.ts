/** The main processes that this keeper starts: from the fork until it is recorded, and who hears of the end. */
import type {ChildProcess} from 'node:child_process';
import {removeCgroup, type Cgroups} from './cgroup.ts';
import type {SpawnFailure, SpawnOrder} from './messages.ts';
import {recordStarted} from './record.ts';
import type {Run, Runs} from './run.ts';
import {spawnFailure, Spawner} from './spawner.ts';
import {endOfPidfd, openPidfd} from '../posix/pidfd.ts';
import type {SignalName} from '../posix/signals.ts';
import {startTimeOf} from '../process/stat.ts';

export interface MainProcessesHost {
  readonly folder: string;
  readonly runs: Runs;
  readonly cgroups: Cgroups | null;
  /** It could not be started. */
  readonly failed: (run: Run, failure: SpawnFailure) => void;
  /** It has ended, but what it said last may not have been read yet. */
  readonly lastWords: (run: Run) => void;
  readonly ended: (run: Run, code: number | null, signal: SignalName | null) => void;
}

export class MainProcesses {
  readonly #host: MainProcessesHost;
  readonly #spawner = new Spawner(process.env);
  readonly #living = new Set<number>();

  constructor(host: MainProcessesHost) {
    this.#host = host;
  }

  /** Whether libuv waits for that child. */
  has(pid: number): boolean {
    return this.#living.has(pid);
  }

  /**
   * Starts that of a run; answers whether there is one, else it is told why. Throws where it can't be recorded: then it
   * is killed, and its end is told.
   */
  start(run: Run, order: SpawnOrder, fds: readonly (number | null)[], at: number): boolean {
    const {cgroups, runs, folder, failed} = this.#host;
    const start = (): ChildProcess => this.#spawner.start(order, fds);
    const {spawned: child, cgroup} = cgroups?.spawnInside(run.token, start) ?? {spawned: start(), cgroup: null};
    run.cgroup = cgroup;
    const {pid} = child;
    if (pid === undefined) {
      if (cgroup !== null) removeCgroup(cgroup);
      child.on('error', error => failed(run, spawnFailure(error, order, at)));
      return false;
    }
    this.#living.add(pid);
    runs.started(run, pid, '', at);
    child.on('error', () => {});
    child.on('exit', (code, signal) => this.#ended(run, pid, code, signal));
    try {
      // Not even a process that has ended already is gone before it was waited for.
      run.pidfd = openPidfd(pid);
      runs.started(run, pid, startTimeOf(pid) ?? '', at);
      recordStarted(folder, run.token, {pid, startTime: run.startTime ?? '', startedAt: at, cgroup});
      return true;
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  #ended(run: Run, pid: number, code: number | null, signal: SignalName | null): void {
    this.#living.delete(pid);
    // Node has no name for real-time signals, and says exit code 0 of a death by one.
    const end = code === 0 && signal === null && run.pidfd !== null ? endOfPidfd(run.pidfd) : null;
    // That may be that another one takes its place.
    if (run.exit === null) this.#host.lastWords(run);
    if (run.pid === pid) this.#host.ended(run, end ? end.code : code, end ? end.signal : signal);
  }
}
