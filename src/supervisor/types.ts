/**
 * Types of the pure core: state, inputs and effects. The core does no I/O and reads no clock: facts come in with the
 * time at which they are handled, and effects go out.
 */
import type {Proof, Doubt} from '../base/proof.ts';
import type {FleetSpec, WorkerSpec} from '../fleet/types.ts';
import type {SignalName} from '../base/signal-name.ts';
import type {JournalEvent} from '../journal/events.ts';

/** The status of an instance. */
export type Status =
  /** Wanted down, and down. */
  | 'stopped'
  /** Wanted up, and waiting for a dependency, its group or its schedule. */
  | 'pending'
  /** Spawned (or being spawned), not ready. */
  | 'starting'
  /** Running, and ready. */
  | 'ready'
  /** The run is being ended, because the instance is wanted down or restarts. */
  | 'stopping'
  /** Ended, and will be restarted. */
  | 'backoff'
  /** Ended well, and its policy requires no restart. */
  | 'finished'
  /** Failed for good; see `reason`. */
  | 'failed';

export type Wanted = 'up' | 'down';

/** Both clocks at the moment at which an input is handled. */
export interface Time {
  /** CLOCK_MONOTONIC, ms. All deadlines but those of schedules use it, so a wall clock that jumps breaks nothing. */
  readonly mono: number;
  /** Milliseconds since 1970, for people. */
  readonly wall: number;
}

/** How a main process ended. `code` and `signal` are both null if that is unknown (`unknown`). */
export interface Exit {
  readonly code: number | null;
  readonly signal: SignalName | null;
  /** Wall clock, ms. */
  readonly at: number;
  /**
   * `exited`, `signalled`, `unknown`, `spawn-failed`, or why the run was ended: `not-ready`, `unhealthy`, `stop` ...
   * After a kill by the kernel's OOM killer: `memory` if the run's own limit was reached, `oom` if memory outside it
   * ran out.
   */
  readonly reason: string;
}

/** Why the core is ending a run. */
export type EndReason =
  | 'stop'
  | 'restart'
  | 'not-ready'
  | 'unhealthy'
  | 'watchdog'
  | 'max-runtime'
  | 'changed'
  | 'group'
  | 'gave-up'
  /** A watched file has changed. */
  | 'watch'
  /** The run has exceeded its memory limit. */
  | 'memory'
  /** The run has left zombies. */
  | 'zombies';

/** One run of an instance. */
export interface Run {
  readonly token: string;
  /** Null until the keeper has reported the spawn. */
  readonly pid: number | null;
  /** The main process's start time, in clock ticks after boot (proc(5), field 22): with the pid, its identity. */
  readonly startTime: string | null;
  /** Wall clock, ms; null until spawned. */
  readonly startedAt: number | null;
  /** When the spawn was requested, then when it was done (CLOCK_MONOTONIC, ms). */
  readonly since: number;
  /** Deadlines in CLOCK_MONOTONIC ms, or null. */
  readonly readyBy: number | null;
  /** For `ready: {after: ...}`: when the run counts as ready. */
  readonly readyAt: number | null;
  readonly alarmAt: number | null;
  readonly endAt: number | null;
  /** The start of the current pause, or null. */
  readonly pausedAt: number | null;
  /** Why the run is being ended, or null. */
  readonly ending: EndReason | null;
  /** Its readiness is probed: from `probe` to `unprobe`. */
  readonly probed: boolean;
  /** A keeper that is not its parent found it alive, so its readiness notification may have been lost. */
  readonly adopted: boolean;
}

/** The wait of an instance in backoff. */
export interface Wait {
  /** When the instance is restarted (CLOCK_MONOTONIC, ms). */
  readonly until: number;
  /** The delay of its own policy, before jitter. */
  readonly delayMs: number;
  /** The wait is longer than that delay, because of the fleet's restart rate. */
  readonly held: boolean;
}

/** One copy of a worker. */
export interface Instance {
  /** `web/1`. */
  readonly id: string;
  readonly worker: string;
  readonly number: number;
  readonly wanted: Wanted;
  readonly status: Status;
  readonly unhealthy: boolean;
  /** The instance leaves the fleet as soon as it is down (scale down, remove). */
  readonly leaving: boolean;
  readonly run: Run | null;
  /** The token of the previous run, while its leftover processes are being ended. No run starts before it is null. */
  readonly clearing: string | null;
  /** Survivors that could not be ended, as `pid name`; shown by status and doctor. */
  readonly survivors: readonly string[];
  /** The proof of the last run's end. */
  readonly proof: Proof | null;
  /** Why that end is not proved. Absent: it is, as well as possible on this machine. */
  readonly doubts?: readonly Doubt[] | undefined;
  /** Automatic restarts since `up`. */
  readonly restarts: number;
  /** Restarts in a row, without a run of `resetAfterMs` between them. */
  readonly row: number;
  /** CLOCK_MONOTONIC ms of the automatic restarts within the last `giveUp.withinMs`. */
  readonly recent: readonly number[];
  /** The last delay of this row of restarts (before jitter, ms), or 0. The next one is not shorter. */
  readonly delayMs: number;
  readonly backoff: Wait | null;
  /** When its schedule is due next (wall clock, ms), or null if it has none or is wanted down. */
  readonly nextRunAt: number | null;
  /** The last due time for which it was run. It is not run for that minute again. */
  readonly lastDueAt: number | null;
  /** Its schedule was due, or it was started by command: until that run is over, it does not wait for its schedule. */
  readonly released: boolean;
  /** How its last run ended. */
  readonly exit: Exit | null;
  /** The reason of the status, in words, or null if the status suffices. */
  readonly reason: string | null;
}

/** A live run that the restored state does not contain. */
export interface FoundRun {
  /** The instance's id. */
  readonly id: string;
  readonly token: string;
  /** Automatic restarts before it that were not counted. */
  readonly missed: number;
}

/** An input of the core. */
export type Input =
  // Facts from the keeper, about a run.
  | {
      readonly type: 'spawned';
      readonly token: string;
      readonly pid: number;
      readonly startTime: string;
      /** Wall clock, ms. */
      readonly at: number;
      /** A keeper that is not its parent found it alive. */
      readonly adopted?: boolean;
      /** The age of the run (ms), if the report is late. Deadlines count from its start. */
      readonly ageMs?: number;
    }
  | {
      readonly type: 'spawn-failed';
      readonly token: string;
      /** `ENOENT`, `EACCES`, `EAGAIN`, ... */
      readonly code: string;
      /** Includes the program's or folder's name. */
      readonly message: string;
      readonly at: number;
      /** A resource is exhausted (processes, descriptors, memory): retried with backoff, without a limit. */
      readonly shortage: boolean;
    }
  | {
      readonly type: 'exited';
      readonly token: string;
      readonly code: number | null;
      readonly signal: SignalName | null;
      readonly at: number;
      /** The kernel killed it because memory ran out: that of its own limit, or memory outside it. */
      readonly oom?: 'limit' | 'outside';
    }
  /** Nothing of the run is left, except for the named survivors, and its output is drained. */
  | {
      readonly type: 'cleared';
      readonly token: string;
      readonly proof: Proof;
      readonly survivors: readonly string[];
      readonly doubts?: readonly Doubt[];
    }
  /** The main process was stopped (SIGSTOP and the like) or continued, by any process. */
  | {readonly type: 'paused'; readonly token: string}
  | {readonly type: 'continued'; readonly token: string}
  // Live runs that the restored state does not contain: their start could not be recorded.
  | {readonly type: 'found'; readonly runs: readonly FoundRun[]}
  // Notifications of a worker.
  /** The worker has reported that it is ready. Counts only if its definition requires that report. */
  | {readonly type: 'said-ready'; readonly token: string}
  /** The worker has declared another of its processes to be the main one. */
  | {readonly type: 'main-process'; readonly token: string; readonly pid: number; readonly startTime: string}
  /** The worker asks for more time in its current phase. */
  | {readonly type: 'extend'; readonly token: string; readonly ms: number}
  /** The worker has not fed its watchdog in time, or (`asked`) has requested that treatment. */
  | {readonly type: 'watchdog-missed'; readonly token: string; readonly asked: boolean}
  // Facts from probes.
  | {readonly type: 'probe-ready'; readonly token: string}
  /** As many health checks in a row have failed as the definition allows. */
  | {
      readonly type: 'health-failed';
      readonly token: string;
      /** The last failure, in words. */
      readonly message: string;
      readonly failures: number;
      /** The time since it was last known to be healthy (ms). */
      readonly badForMs: number;
    }
  /** The run has more memory (bytes) than its definition allows, and no cgroup enforces the limit. */
  | {readonly type: 'memory-exceeded'; readonly token: string; readonly bytes: number}
  /** A process of the run's tree has ended and its parent does not wait for it. `name` is untrusted. */
  | {readonly type: 'zombie-left'; readonly token: string; readonly pid: number; readonly name: string}
  // Time has passed: deadlines may be due.
  | {readonly type: 'tick'}
  // Commands. Ids are existing instance ids: the controller has resolved and checked them.
  /** `inTime`: scheduled instances wait for their time instead of starting at once. */
  | {readonly type: 'start'; readonly ids: readonly string[]; readonly inTime?: boolean}
  | {readonly type: 'stop'; readonly ids: readonly string[]}
  | {readonly type: 'restart'; readonly ids: readonly string[]}
  /** Restarts the running instances, one after another. */
  | {readonly type: 'reload'; readonly ids: readonly string[]}
  /** Files that these instances watch have changed: `files` is their number, `path` the first one. */
  | {readonly type: 'file-changed'; readonly ids: readonly string[]; readonly path: string; readonly files: number}
  | {readonly type: 'pause'; readonly ids: readonly string[]}
  | {readonly type: 'resume'; readonly ids: readonly string[]}
  | {readonly type: 'alarm'; readonly ids: readonly string[]; readonly seconds: number}
  | {readonly type: 'add'; readonly spec: WorkerSpec}
  | {readonly type: 'remove'; readonly workers: readonly string[]}
  | {readonly type: 'scale'; readonly worker: string; readonly instances: number}
  /** Applies a changed fleet file (section 4, "What lasts"). */
  | {readonly type: 'configure'; readonly fleet: FleetSpec}
  /** Stops everything in reverse order. `now`: at once, regardless of order and timeouts. */
  | {readonly type: 'down'; readonly now: boolean};

/** An effect of the core. It is carried out only after the state that requires it was committed. */
export type Effect =
  | {readonly type: 'spawn'; readonly token: string; readonly id: string}
  /** Ends a run: signal to the main process, SIGCONT, SIGKILL after the timeout, then the end of its whole tree. */
  | {readonly type: 'end'; readonly token: string; readonly signal: SignalName; readonly timeoutMs: number}
  /** The main process is gone: ends its leftover processes, drains its output, reports `cleared`. */
  | {readonly type: 'clear'; readonly token: string; readonly graceMs: number}
  /** Lets the keeper forget a run whose end is committed. */
  | {readonly type: 'forget'; readonly token: string}
  /** Starts (or, after the loss of a controller, restarts) the readiness probe of a run; `unprobe` stops it. */
  | {readonly type: 'probe'; readonly token: string; readonly id: string}
  | {readonly type: 'unprobe'; readonly token: string}
  /** Starts (or restarts) the watchdog timer of a run; `unwatchdog` stops it. */
  | {readonly type: 'watchdog'; readonly token: string; readonly id: string}
  | {readonly type: 'unwatchdog'; readonly token: string}
  /** Sends one signal to the main process. */
  | {readonly type: 'signal'; readonly token: string; readonly signal: SignalName}
  /** Sends SIGSTOP or SIGCONT to the whole tree. */
  | {readonly type: 'freeze'; readonly token: string}
  | {readonly type: 'thaw'; readonly token: string}
  /** Writes an event to the journal. */
  | {readonly type: 'journal'; readonly event: JournalEvent};
