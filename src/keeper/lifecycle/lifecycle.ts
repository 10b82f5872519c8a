/** The life of runs, from the order to spawn one until it may be forgotten: each step is recorded, then reported. */
import type {RunEvents} from '../runs/events.ts';
import {closeSync} from 'node:fs';
import {Adopted} from './adopted.ts';
import type {KeptNotifications} from '../handover.ts';
import {removeTraces} from '../runs/recovery.ts';
import {nestFor, removeCgroup} from '../cgroup/cgroup.ts';
import type {ConnectorWhenNeeded} from '../lineage/connector.ts';
import {oomOf} from '../cgroup/limits.ts';
import {changeMain} from './main-change.ts';
import {MainProcesses} from './main-process.ts';
import {ProcessScan} from '../lineage/members.ts';
import type {SpawnOrder} from '../../link/spawn.ts';
import type {Cleared, SpawnFailure} from '../../link/runs.ts';
import {recordCleared, recordExit, recordIntent} from '../runs/record.ts';
import type {Intent} from '../runs/shape.ts';
import {equip, happen} from '../runs/life.ts';
import {Takeover, type TakeoverHost} from './takeover.ts';
import {factOf, newRun, type Run} from '../runs/run.ts';
import {fdsOf, type Prepared} from '../inherited/inherited.ts';
import {ChannelWaits} from '../inherited/channel-waits.ts';
import {logSizes} from '../logs/sizes.ts';
import {mustLeaveRoom} from '../files/descriptor-reserve.ts';
import {spawnFailure, stdioOf} from './spawner.ts';
import {Notifications} from '../notify/notifications.ts';
import {noteWork} from '../../posix/collect.ts';
import type {Epoll} from '../../posix/epoll.ts';
import {letGo} from '../../posix/let-go.ts';
import type {SignalName} from '../../base/signal-name.ts';
import {bootId} from '../../process/proc-files.ts';
import type {Ended} from '../../posix/wait.ts';
import {startTimeOf} from '../../process/stat.ts';

export interface RunLivesHost
  extends TakeoverHost, Pick<RunEvents, 'exited' | 'abandon' | 'forgotten' | 'becameMain' | 'extend'> {
  readonly connector: ConnectorWhenNeeded;
  readonly epoll: Epoll;
  /** Returns the lease of the working controller, or null. */
  lease(): number | null;
  /** Descriptors that an earlier image of this process had opened for runs. */
  readonly keptNotifications: KeptNotifications | null;
}

export class RunLives {
  readonly #host: RunLivesHost;
  readonly #boot = bootId();
  readonly #mains: MainProcesses;
  readonly #adopted: Adopted;
  readonly #waits: ChannelWaits;
  readonly notifications: Notifications;

  constructor(host: RunLivesHost) {
    this.#host = host;
    this.#mains = new MainProcesses({
      folder: host.folder,
      runs: host.runs,
      lastWords: run => this.notifications.drain(run),
      ended: (run, code, signal) => this.#exited(run, code, signal),
    });
    this.notifications = new Notifications(
      {
        folder: host.folder,
        epoll: host.epoll,
        emitFact: fact => host.emitFact(fact),
        setMain: (run, pid) => this.#setMain(run, pid),
        extend: (run, ms) => host.extend(run, ms),
      },
      host.keptNotifications,
    );
    this.#waits = new ChannelWaits({
      grants: host.grants,
      lease: () => host.lease(),
    });
    this.#adopted = new Adopted({
      epoll: host.epoll,
      isSpawned: pid => this.#mains.has(pid),
      emitFact: fact => host.emitFact(fact),
      ended: (run, end) => this.#mainEnded(run, end?.code ?? null, end?.signal ?? null),
    });
  }

  /**
   * Returns the handler for the end of a child that this process, or an earlier image of it, has started; null if the
   * child is no main process.
   */
  waiterOf(pid: number): ((end: Ended) => void) | null {
    if (this.#mains.has(pid)) return end => this.#mains.ended(pid, end);
    const run = this.#host.runs.ofPid(pid);
    // The pidfd may have reported the end before.
    return run && startTimeOf(pid) === run.startTime ? ({code, signal}) => this.#mainEnded(run, code, signal) : null;
  }

  /** Starts a run, or reports the facts of a known run again. */
  spawn(order: SpawnOrder): void {
    const known = this.#host.runs.get(order.token);
    if (known) this.#host.emitFact({type: 'run', run: factOf(known)});
    else if (this.#host.grants.toPrepare(order).names.length === 0) this.#spawn(order, new Map());
    else this.#waits.begin(order, prepared => this.#spawn(order, prepared));
  }

  /** Cancels the start of a run that still waits for its channels. */
  callOff(token: string): void {
    this.#waits.callOff(token);
  }

  /** @param prepared descriptors that were opened for the run, or the error that makes it fail */
  #spawn(order: SpawnOrder, prepared: Prepared | Error): void {
    const {runs, output, folder, cgroups} = this.#host;
    const {token, id, logFolder, logMaxSize, channels, notify, owner, readyFd, limits} = order;
    const {stopSignal, stopTimeoutMs} = order;
    const logStart = logSizes(logFolder);
    const run = newRun({token, id, stopSignal, stopTimeoutMs, logStart});
    runs.add(run);
    if (prepared instanceof Error) {
      this.#failed(run, spawnFailure(prepared, order, Date.now()));
      return;
    }
    const astray = this.#host.orphanages.refusal !== null;
    const {cgroup, hold} = nestFor(cgroups, limits);
    // With cgroups, the connector is opened once a process has left one, or from the first run on if that can't be
    // seen.
    const connector = cgroup === null || astray ? this.#host.connector.need() : this.#host.connector.now;
    const fds: number[] = [];
    try {
      const intent: Intent = {
        token,
        id,
        boot: this.#boot,
        logFolder,
        logMaxSize,
        logStart,
        stopSignal,
        stopTimeoutMs,
        channels,
        notify,
        owner,
        readyFd,
        cgroup,
        limits,
      };
      happen(run, {type: 'intended', intent, astray});
      const record = recordIntent(folder, intent);
      fds.push(record.fd);
      output.open(run, order);
      const outputs = run.output?.openForWorker() ?? [];
      fds.push(...outputs);
      mustLeaveRoom(outputs);
      const granted = this.#host.grants.open(order, prepared);
      const stdio = stdioOf([...outputs, ...granted], this.notifications.open(run, order, fds));
      connector?.descendants.follow(run);
      this.#mains.start(run, order, stdio, {cgroup, record});
      happen(run, {type: 'limited', unenforced: hold()});
      this.#started(run);
    } catch (error) {
      if (run.pid === null) this.#failed(run, spawnFailure(error, order, Date.now()));
      else this.#host.abandon(run);
    } finally {
      for (const fd of fds) closeSync(fd);
      letGo(fdsOf(prepared));
      // A thousand runs started in one turn cause more events than a queue may hold.
      connector?.catchUp();
      cgroups?.moveOn(cgroup, run.pid !== null);
    }
  }

  /** Adopts the runs that an earlier keeper left. */
  adopt(): void {
    new Takeover(this.#host, this.#adopted, this.notifications).begin(this.#boot);
  }

  /** Checks for changes that no event has reported: ends, and the state of runs whose parent is another process. */
  sweep(look: ProcessScan): void {
    this.#host.output.takeUpLate();
    this.#host.output.sweep();
    this.notifications.takeUpLate();
    // The reaper receives all events of children.
    for (const run of this.#host.runs.all())
      if (run.adopted && run.exit === null && run.pid !== null) this.#adopted.sweep(run, look);
  }

  /** Drains the output of a run of which nothing, or only survivors, is left, then reports the run as cleared. */
  cleared(run: Run, cleared: Cleared, done: () => void): void {
    const {runs, folder} = this.#host;
    this.notifications.close(run);
    const drained = (): void => {
      happen(run, {type: 'cleared', cleared});
      // In this order: after the report, a controller may have judged the end, and a later keeper that reports it again
      // for lack of the record would have it judged twice.
      try {
        if (runs.get(run.token) === run) recordCleared(folder, run.token, cleared);
      } catch {
        // A full disk: a later keeper searches again, and finds nothing again.
      }
      this.#host.emitFact({type: 'cleared', token: run.token, ...cleared});
      done();
    };
    this.#host.output.drain(run, drained);
  }

  /**
   * Forgets a run whose end is committed. A run that is not over is kept: an order from a confused controller loses
   * nothing.
   */
  forget(token: string): void {
    const {runs, output, folder} = this.#host;
    const run = runs.get(token);
    if (!run || (run.cleared === null && run.failure === null)) return;
    runs.delete(run);
    output.forget(token);
    // Including the socket, in case an earlier keeper was lost while closing it.
    removeTraces(folder, token, run.intent);
    if (run.cgroup !== null) removeCgroup(run.cgroup);
    this.#host.forgotten(run);
  }

  /** Reads pending notices of the run, and whether it is paused. */
  listen(run: Run): void {
    this.notifications.drain(run);
    if (run.adopted && run.exit === null) this.#adopted.lookAtPause(run);
  }

  #started({token, pid, startTime, startedAt, logStart, unenforced}: Run): void {
    if (pid === null || startedAt === null) return;
    noteWork();
    this.#host.emitFact({type: 'spawned', token, pid, startTime: startTime ?? '', at: startedAt, logStart, unenforced});
  }

  /** Handles the end of a main process that another process has started: a pending notice may name its successor. */
  #mainEnded(run: Run, code: number | null, signal: SignalName | null): void {
    const {pid} = run;
    if (run.exit === null) this.notifications.drain(run);
    if (run.pid === pid) this.#exited(run, code, signal);
  }

  #setMain(run: Run, pid: number): string | null {
    const refused = changeMain(run, pid, this.#host);
    if (refused === null) this.#adopted.takeUp(run, new ProcessScan());
    return refused;
  }

  #failed(run: Run, failure: SpawnFailure): void {
    happen(run, {type: 'failed', failure});
    run.output?.discard();
    this.notifications.close(run);
    this.#host.emitFact({type: 'spawn-failed', token: run.token, ...failure});
  }

  #exited(run: Run, code: number | null, signal: SignalName | null): void {
    if (run.exit !== null) return;
    const {runs, epoll, folder} = this.#host;
    // A process that exited, or died of another signal, was not killed by the kernel for its memory.
    const oom = run.cgroup !== null && code === null && /KILL|^$/.test(signal ?? '') ? oomOf(run.cgroup) : null;
    const exit = {code, signal, at: Date.now(), ...(oom && {oom})};
    happen(run, {type: 'exited', exit});
    if (run.pidfd !== null) {
      epoll.remove(run.pidfd);
      closeSync(run.pidfd);
      equip(run, {pidfd: null});
    }
    try {
      // A run that outlived its own end was forgotten, and needs no record.
      if (runs.get(run.token) === run) recordExit(folder, run.token, exit);
    } catch {
      // Disk full: a later keeper would report `unknown`, which loses no worker.
    }
    this.#host.emitFact({type: 'exited', token: run.token, ...exit});
    this.#host.exited(run);
  }
}
