/**
 * The words of the pure core: what is, what is wanted, what may happen, and what shall be done about it.
 * The core does no I/O and knows no clock: facts come in with the time at which they are handled, effects go out.
 */
import type {Proof, Doubt} from '../base/proof.ts';
import type {FleetSpec, WorkerSpec} from '../fleet/types.ts';
import type {SignalName} from '../base/signal-name.ts';
import type {JournalEvent} from '../journal/events.ts';

/** Where a worker's instance is in its life. */
export type Status =
  /** Wanted down, and down. */
  | 'stopped'
  /** Wanted up, waits for a dependency (or its schedule). */
  | 'pending'
  /** Spawned (or being spawned), not ready. */
  | 'starting'
  /** Runs, and has shown that it is ready. */
  | 'ready'
  /** Its run is being ended, because it is wanted down or because it is to be started anew. */
  | 'stopping'
  /** Died, and will be restarted. */
  | 'backoff'
  /** Ended well, and its policy wants no restart. */
  | 'finished'
  /** Gave up; `reason` says why. */
  | 'failed';

export type Wanted = 'up' | 'down';

/** Both clocks at the moment a fact is handled. */
export interface Time {
  /** CLOCK_MONOTONIC in milliseconds: all deadlines are counted in it, so a wall clock that jumps breaks nothing. */
  readonly mono: number;
  /** Milliseconds since 1970, for people. */
  readonly wall: number;
}

/** How a main process ended. Both null: the kernel could not tell (`unknown`). */
export interface Exit {
  readonly code: number | null;
  readonly signal: SignalName | null;
  /** Wall clock, ms. */
  readonly at: number;
  /**
   * `exited`, `signalled`, `unknown`, `spawn-failed`, or why it was ended: `not-ready`, `unhealthy`, `stop` ... The kernel
   * ended it for its memory: `memory` where it was its own limit, `oom` where that of others or the machine's ran out.
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
  /** A file that it watches has changed. */
  | 'watch'
  /** It has more memory than it may. */
  | 'memory'
  /** It does not wait for its dead. */
  | 'zombies';

/** One life of an instance. */
export interface Run {
  readonly token: string;
  /** Null until the keeper has said that it was spawned. */
  readonly pid: number | null;
  /** The main process's start time, in clock ticks after boot (proc(5), field 22): with the pid, its identity. */
  readonly startTime: string | null;
  /** Wall clock, ms; null until spawned. */
  readonly startedAt: number | null;
  /** CLOCK_MONOTONIC, ms, when the spawn was asked for; then when it was done. */
  readonly since: number;
  /** Deadlines in CLOCK_MONOTONIC ms, or null. */
  readonly readyBy: number | null;
  /** For `ready: {after: ...}`: when it counts as ready. */
  readonly readyAt: number | null;
  readonly alarmAt: number | null;
  readonly endAt: number | null;
  /** Set while it is paused: since when. */
  readonly pausedAt: number | null;
  /** Set once its end was asked for. */
  readonly ending: EndReason | null;
  /** Somebody is asked whether it is ready: from `probe` to `unprobe`. */
  readonly probed: boolean;
  /** A keeper that is not its parent found it alive: what it said of its readiness may have been lost. */
  readonly adopted: boolean;
}

/** What an instance in backoff waits for. */
export interface Wait {
  /** When it is started again (CLOCK_MONOTONIC, ms). */
  readonly until: number;
  /** The delay that its own policy asks for, before jitter. */
  readonly delayMs: number;
  /** It waits longer than that, since the fleet restarts no more at once. */
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
  /** It leaves the fleet as soon as it is down (scale down, remove). */
  readonly leaving: boolean;
  readonly run: Run | null;
  /** The token of the previous run, while what it left behind is being ended. No run begins before it is null. */
  readonly clearing: string | null;
  /** Survivors that could not be ended, as `pid name`; shown by status and doctor. */
  readonly survivors: readonly string[];
  /** How the last end was proved. */
  readonly proof: Proof | null;
  /** Why it is not proved; not there: it is, as well as it can be here. */
  readonly doubts?: readonly Doubt[] | undefined;
  /** Automatic restarts since `up`. */
  readonly restarts: number;
  /** Restarts in a row: no run of `resetAfterMs` between them. */
  readonly row: number;
  /** CLOCK_MONOTONIC ms of the automatic restarts within the last `giveUp.withinMs`. */
  readonly recent: readonly number[];
  /** The last delay of this row of restarts (before jitter, ms): the next one is not shorter. 0 when there was none. */
  readonly delayMs: number;
  readonly backoff: Wait | null;
  /** When its schedule is due next (wall clock, ms); null where it has none, or is wanted down. */
  readonly nextRunAt: number | null;
  /** The last time of its schedule for which it was run: it is not run for that minute again. */
  readonly lastDueAt: number | null;
  /** Its schedule was due, or somebody started it: until that run has come to its end, it need not wait for its time. */
  readonly released: boolean;
  /** How its last run ended. */
  readonly exit: Exit | null;
  /** Why it is as it is, in words; null where the status says all. */
  readonly reason: string | null;
}

/** A run that is taken over. */
export interface FoundRun {
  /** The instance's id. */
  readonly id: string;
  readonly token: string;
  /** Automatic restarts that led to it and were not counted. */
  readonly missed: number;
}

/** What the core is told. */
export type Input =
  // Facts from the keeper, about a run.
  | {
      readonly type: 'spawned';
      readonly token: string;
      readonly pid: number;
      readonly startTime: string;
      /** Wall clock, ms. */
      readonly at: number;
      /** It was found alive by a keeper that is not its parent. */
      readonly adopted?: boolean;
      /** How long it has run by now (ms), where that is told later; its deadlines count from its start. */
      readonly ageMs?: number;
    }
  | {
      readonly type: 'spawn-failed';
      readonly token: string;
      /** `ENOENT`, `EACCES`, `EAGAIN`, ... */
      readonly code: string;
      /** In words, with the program's or folder's name. */
      readonly message: string;
      readonly at: number;
      /** The machine lacks something (processes, descriptors, memory): tried again with backoff, never given up. */
      readonly shortage: boolean;
    }
  | {
      readonly type: 'exited';
      readonly token: string;
      readonly code: number | null;
      readonly signal: SignalName | null;
      readonly at: number;
      /** The kernel ended it, since memory ran out: that of its limit, or that around it. */
      readonly oom?: 'limit' | 'outside';
    }
  /** Nothing of the run is left and its output is drained; or the named survivors are. */
  | {
      readonly type: 'cleared';
      readonly token: string;
      readonly proof: Proof;
      readonly survivors: readonly string[];
      readonly doubts?: readonly Doubt[];
    }
  /** The main process was stopped (SIGSTOP and the like) or continued, by whomever. */
  | {readonly type: 'paused'; readonly token: string}
  | {readonly type: 'continued'; readonly token: string}
  // Runs that live, and of which the state that was restored knows nothing: nobody could record that they began.
  | {readonly type: 'found'; readonly runs: readonly FoundRun[]}
  // What a worker says of itself.
  /** It is ready; that counts where its definition wants to hear it. */
  | {readonly type: 'said-ready'; readonly token: string}
  /** By its own word, another of its processes is the main one. */
  | {readonly type: 'main-process'; readonly token: string; readonly pid: number; readonly startTime: string}
  /** It needs so much longer for what it is about. */
  | {readonly type: 'extend'; readonly token: string; readonly ms: number}
  /** It has not fed its watchdog in time, or (`asked`) wants to be treated so. */
  | {readonly type: 'watchdog-missed'; readonly token: string; readonly asked: boolean}
  // Facts from probes.
  | {readonly type: 'probe-ready'; readonly token: string}
  /** As many health checks in a row have failed as its definition allows. */
  | {
      readonly type: 'health-failed';
      readonly token: string;
      /** What was wrong the last time, in words. */
      readonly message: string;
      readonly failures: number;
      /** For how long (ms) it has not been known to be well. */
      readonly badForMs: number;
    }
  /** It has more memory (bytes) than its definition allows, and no cgroup keeps it from that. */
  | {readonly type: 'memory-exceeded'; readonly token: string; readonly bytes: number}
  /** A process of its tree, of that name (untrusted), has ended, and its parent does not wait for it. */
  | {readonly type: 'zombie-left'; readonly token: string; readonly pid: number; readonly name: string}
  // Time has passed; something may be due.
  | {readonly type: 'tick'}
  // Commands. Ids are instance ids that exist (the controller resolved and checked them).
  /** `inTime`: what is scheduled waits for its time, and does not begin at once. */
  | {readonly type: 'start'; readonly ids: readonly string[]; readonly inTime?: boolean}
  | {readonly type: 'stop'; readonly ids: readonly string[]}
  | {readonly type: 'restart'; readonly ids: readonly string[]}
  /** Restarts those that run, one after another. */
  | {readonly type: 'reload'; readonly ids: readonly string[]}
  /** A file that these watch has changed: `path` is the first of so many `files`. */
  | {readonly type: 'file-changed'; readonly ids: readonly string[]; readonly path: string; readonly files: number}
  | {readonly type: 'pause'; readonly ids: readonly string[]}
  | {readonly type: 'resume'; readonly ids: readonly string[]}
  | {readonly type: 'alarm'; readonly ids: readonly string[]; readonly seconds: number}
  | {readonly type: 'add'; readonly spec: WorkerSpec}
  | {readonly type: 'remove'; readonly workers: readonly string[]}
  | {readonly type: 'scale'; readonly worker: string; readonly instances: number}
  /** Makes true what a changed fleet file says (section 4, "What lasts"). */
  | {readonly type: 'configure'; readonly fleet: FleetSpec}
  /** Stops everything in reverse order. `now`: at once, without waiting for order or timeouts. */
  | {readonly type: 'down'; readonly now: boolean};

/** What the core wants done. All of it leaves only after the state that wants it was committed. */
export type Effect =
  | {readonly type: 'spawn'; readonly token: string; readonly id: string}
  /** Ends a run: signal to the main process, SIGCONT, SIGKILL after the timeout, then everything of its tree. */
  | {readonly type: 'end'; readonly token: string; readonly signal: SignalName; readonly timeoutMs: number}
  /** The main process is gone: end what it left behind, drain its output, answer `cleared`. */
  | {readonly type: 'clear'; readonly token: string; readonly graceMs: number}
  /** The keeper may forget this run: its end is committed. */
  | {readonly type: 'forget'; readonly token: string}
  /** Begin (or, after a controller was lost, begin again) to ask whether the run is ready; `unprobe` ends it. */
  | {readonly type: 'probe'; readonly token: string; readonly id: string}
  | {readonly type: 'unprobe'; readonly token: string}
  /** Begin to count (anew) how long it does not feed its watchdog; `unwatchdog` ends that. */
  | {readonly type: 'watchdog'; readonly token: string; readonly id: string}
  | {readonly type: 'unwatchdog'; readonly token: string}
  /** One signal to the main process. */
  | {readonly type: 'signal'; readonly token: string; readonly signal: SignalName}
  /** SIGSTOP or SIGCONT to the whole tree. */
  | {readonly type: 'freeze'; readonly token: string}
  | {readonly type: 'thaw'; readonly token: string}
  /** A line for the journal. */
  | {readonly type: 'journal'; readonly event: JournalEvent};
