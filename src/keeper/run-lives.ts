/** The life of runs, from the order to spawn one until it may be forgotten: each step recorded, then said. */
import type {ChildProcess} from 'node:child_process';
import {closeSync} from 'node:fs';
import {findRuns, removeTraces} from './adopt.ts';
import {removeCgroup, type Cgroups} from './cgroup.ts';
import {Look, taggedWith} from './members.ts';
import type {Fact, Proof, SpawnFailure, SpawnOrder} from './messages.ts';
import {recordExit, recordIntent, recordStarted} from './record.ts';
import {factOf, type Run, type Runs} from './run.ts';
import type {RunOutput} from './run-output.ts';
import {logSizes} from './log-file.ts';
import {mustLeaveRoom} from './room.ts';
import {spawnFailure, Spawner} from './spawner.ts';
import type {Epoll} from '../posix/epoll.ts';
import {endOfPidfd, openPidfd} from '../posix/pidfd.ts';
import type {SignalName} from '../posix/signals.ts';
import {bootId} from '../process/facts.ts';
import type {Ended} from '../posix/wait.ts';
import {startTimeOf} from '../process/stat.ts';

export interface RunLivesHost {
  readonly folder: string;
  readonly runs: Runs;
  readonly cgroups: Cgroups | null;
  readonly epoll: Epoll;
  readonly output: RunOutput;
  say(fact: Fact): void;
  /** The main process has ended. */
  exited(run: Run): void;
  /** It runs and can't be recorded: a run that a later keeper could not find must not go on. */
  abandon(run: Run): void;
  forgotten(run: Run): void;
}

const freshRun = (order: SpawnOrder): Run => ({
  token: order.token,
  id: order.id,
  stopSignal: order.stopSignal,
  stopTimeoutMs: order.stopTimeoutMs,
  logStart: logSizes(order.logFolder),
  pid: null,
  startTime: null,
  startedAt: null,
  pidfd: null,
  adopted: false,
  paused: false,
  exit: null,
  failure: null,
  cleared: null,
  cgroup: null,
  output: null,
  orphans: new Map(),
});

export class RunLives {
  readonly #host: RunLivesHost;
  readonly #boot = bootId();
  readonly #spawner = new Spawner(process.env);
  readonly #mains = new Set<number>();

  constructor(host: RunLivesHost) {
    this.#host = host;
  }

  /** Whether libuv waits for that child. */
  isMain(pid: number): boolean {
    return this.#mains.has(pid);
  }

  /** Who is to hear how a child ended that an earlier image of this process has started. */
  inherited(pid: number): ((end: Ended) => void) | null {
    const run = this.#mains.has(pid) ? undefined : this.#host.runs.ofPid(pid);
    return run && run.exit === null ? ({code, signal}) => this.#exited(run, code, signal) : null;
  }

  /** Starts a run; of one that is known, says again what is known. */
  spawn(order: SpawnOrder): void {
    const {runs, output, folder} = this.#host;
    const known = runs.get(order.token);
    if (known) {
      this.#host.say({type: 'run', run: factOf(known)});
      return;
    }
    const run = freshRun(order);
    runs.add(run);
    const at = Date.now();
    const fds: number[] = [];
    try {
      const {token, id, logStart, stopSignal, stopTimeoutMs} = run;
      const {logFolder, logMaxSize} = order;
      recordIntent(folder, {token, id, boot: this.#boot, logFolder, logMaxSize, logStart, stopSignal, stopTimeoutMs});
      output.open(run, logFolder, logMaxSize);
      fds.push(...(run.output?.openForWorker() ?? []));
      mustLeaveRoom(fds);
      this.#start(run, order, fds, at);
    } catch (error) {
      if (run.pid === null) this.#failed(run, spawnFailure(error, order, at));
      else this.#host.abandon(run);
    } finally {
      for (const fd of fds) closeSync(fd);
    }
  }

  /** Takes up what an earlier keeper left. */
  adopt(): void {
    const {runs, output, folder} = this.#host;
    for (const {run, record, alive} of findRuns(folder, this.#boot, Date.now())) {
      runs.add(run);
      output.takeUp(run, record.intent.logFolder, record.intent.logMaxSize);
      if (alive && run.pid !== null) this.#watchAdopted(run, run.pid);
      // Without a recorded main process, whatever carries the token was forked just before the keeper died.
      else if (run.pid === null) {
        for (const member of taggedWith(run.token, new Look())) run.orphans.set(member.pid, member.startTime);
      }
    }
  }

  /** Nothing of the run is left (or the survivors are); once its output is drained, that is said. */
  cleared(run: Run, proof: Proof, survivors: readonly string[], done: () => void): void {
    const drained = (): void => {
      run.cleared = {proof, survivors};
      this.#host.say({type: 'cleared', token: run.token, proof, survivors});
      done();
    };
    if (run.output) run.output.drain(drained);
    else drained();
  }

  /** Its end is committed. Only what is over may be forgotten: an order from a confused controller loses nothing. */
  forget(token: string): void {
    const {runs, output, folder} = this.#host;
    const run = runs.get(token);
    if (!run || (run.cleared === null && run.failure === null)) return;
    runs.delete(run);
    output.forget(token);
    removeTraces(folder, token);
    if (run.cgroup !== null) removeCgroup(run.cgroup);
    this.#host.forgotten(run);
  }

  #start(run: Run, order: SpawnOrder, fds: readonly number[], at: number): void {
    const {cgroups, runs, folder} = this.#host;
    const start = (): ChildProcess => this.#spawner.start(order, fds[0] ?? 2, fds[1] ?? 2);
    const {spawned: child, cgroup} = cgroups?.spawnInside(run.token, start) ?? {spawned: start(), cgroup: null};
    run.cgroup = cgroup;
    const {pid} = child;
    if (pid === undefined) {
      if (cgroup !== null) removeCgroup(cgroup);
      child.on('error', error => this.#failed(run, spawnFailure(error, order, at)));
      return;
    }
    this.#mains.add(pid);
    run.pidfd = openPidfd(pid);
    // Not even a process that has ended already is gone before it was waited for.
    const startTime = startTimeOf(pid) ?? '';
    runs.started(run, pid, startTime, at);
    child.on('error', () => {});
    child.on('exit', (code, signal) => {
      // Node has no name for real-time signals, and says exit code 0 of a death by one.
      const end = code === 0 && signal === null && run.pidfd !== null ? endOfPidfd(run.pidfd) : null;
      this.#exited(run, end ? end.code : code, end ? end.signal : signal);
    });
    recordStarted(folder, run.token, {pid, startTime, startedAt: at, cgroup});
    this.#host.say({type: 'spawned', token: run.token, pid, startTime, at, logStart: run.logStart});
  }

  #failed(run: Run, failure: SpawnFailure): void {
    run.failure = failure;
    run.output?.discard();
    this.#host.say({type: 'spawn-failed', token: run.token, ...failure});
  }

  #watchAdopted(run: Run, pid: number): void {
    const {epoll} = this.#host;
    const pidfd = openPidfd(pid);
    const ended = (): void => this.#exited(run, null, null);
    if (pidfd === null) {
      setImmediate(ended);
      return;
    }
    run.pidfd = pidfd;
    epoll.add(pidfd, () => {
      epoll.remove(pidfd);
      ended();
    });
  }

  #exited(run: Run, code: number | null, signal: SignalName | null): void {
    if (run.exit !== null) return;
    const {runs, epoll, folder} = this.#host;
    run.exit = {code, signal, at: Date.now()};
    if (run.pid !== null) this.#mains.delete(run.pid);
    if (run.pidfd !== null) {
      epoll.remove(run.pidfd);
      closeSync(run.pidfd);
      run.pidfd = null;
    }
    try {
      // One that outlived its own end was forgotten.
      if (runs.get(run.token) === run) recordExit(folder, run.token, run.exit);
    } catch {
      // Disk full: a later keeper would say `unknown`, which loses no worker.
    }
    this.#host.say({type: 'exited', token: run.token, ...run.exit});
    this.#host.exited(run);
  }
}
