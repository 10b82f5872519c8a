/** A trace from the process connector: turns events of threads into events of processes. */
import {readStat, hasEnded} from '../stat.ts';
import type {TraceEvent} from './event.ts';
import type {ConnectorEvent} from '../../posix/connector-messages.ts';
import {endOfStatus} from '../../posix/wait.ts';

type Exit = Extract<ConnectorEvent, {readonly type: 'exit'}>;

/** Maximum age of an event (ms); an older time is not trusted. */
const OLDEST_MS = 3_600_000;

/** Converts CLOCK_MONOTONIC, which another time namespace (time_namespaces(7)) may have shifted, to wall clock time. */
export function wallClock(time: number): number {
  const age = Number(process.hrtime.bigint()) / 1e6 - time;
  return Date.now() - (age >= 0 && age < OLDEST_MS ? age : 0);
}

export interface WholeProcessesHost {
  /** Whether events of the process are wanted. */
  readonly isWanted: (pid: number) => boolean;
  readonly onEvent: (event: TraceEvent) => void;
  /** Returns the start time of a process that runs, perhaps without its leader thread, or null. */
  readonly runs?: (pid: number) => string | null;
}

/** Returns null if the process is gone, or waits to be reaped. */
function startTimeOfRunning(pid: number): string | null {
  const stat = readStat(pid);
  return stat === null || hasEnded(stat) ? null : stat.startTime;
}

interface Leaderless {
  readonly exit: Exit;
  readonly startTime: string;
}

/** Converts ends: the end of a leader thread is not always the end of the process. */
export class WholeProcesses {
  readonly #host: WholeProcessesHost;
  readonly #runs: (pid: number) => string | null;
  /** Processes whose leader has ended while other threads run. */
  readonly #leaderless = new Map<number, Leaderless>();

  constructor(host: WholeProcessesHost) {
    this.#host = host;
    this.#runs = host.runs ?? startTimeOfRunning;
  }

  feed(event: ConnectorEvent): void {
    const {onEvent: tell, isWanted} = this.#host;
    const {pid, tgid} = event;
    const at = wallClock(event.time);
    switch (event.type) {
      case 'fork':
        if (pid !== tgid) return;
        this.#mustHaveEnded(tgid);
        tell({type: 'fork', at, pid: event.parent, child: tgid});
        return;
      case 'exec':
        // Another thread than the leader may call execve(2), and is the leader from then on.
        this.#leaderless.delete(tgid);
        tell({type: 'exec', at, pid: tgid});
        return;
      case 'setsid':
        tell({type: 'setsid', at, pid: tgid});
        return;
      case 'comm':
        if (pid === tgid) tell({type: 'comm', at, pid: tgid, name: event.name});
        return;
      case 'exit':
        if (pid !== tgid) this.#threadEnded(event);
        else if (isWanted(tgid)) this.#leaderEnded(event);
    }
  }

  /** Finds ends that no event reported. */
  sweep(): void {
    for (const [pid, {exit, startTime}] of this.#leaderless) if (this.#runs(pid) !== startTime) this.#ended(exit);
  }

  get hasLeaderless(): boolean {
    return this.#leaderless.size > 0;
  }

  #leaderEnded(exit: Exit): void {
    const startTime = this.#runs(exit.tgid);
    if (startTime === null) this.#ended(exit);
    else this.#leaderless.set(exit.tgid, {exit, startTime});
  }

  #threadEnded(exit: Exit): void {
    const leaderless = this.#leaderless.get(exit.tgid);
    // The status of the last thread, or of all of them at once (exit_group(2)), is that of the process.
    if (leaderless && this.#runs(exit.tgid) !== leaderless.startTime) this.#ended({...exit, pid: exit.tgid});
  }

  #mustHaveEnded(pid: number): void {
    const leaderless = this.#leaderless.get(pid);
    if (leaderless) this.#ended(leaderless.exit);
  }

  #ended({time, tgid, status, parent}: Exit): void {
    this.#leaderless.delete(tgid);
    this.#host.onEvent({
      type: 'exit',
      at: wallClock(time),
      pid: tgid,
      ppid: parent === 0 ? null : parent,
      ...endOfStatus(status),
    });
  }
}
