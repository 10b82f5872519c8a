/** The keeper's record of a run, as it reports it. */
import type {Proof, Doubt} from '../base/proof.ts';
import type {Stream} from '../logs/layout.ts';
import type {SignalName} from '../base/signal-name.ts';

/** The processes that are left of an ended run, and the proof. */
export interface Cleared {
  readonly proof: Proof;
  /** Processes that could not be ended, as `pid name`. */
  readonly survivors: readonly string[];
  /** Absent: none. With doubts, the proof is `lineage`. */
  readonly doubts?: readonly Doubt[];
}

/**
 * Which memory ran out when the kernel killed a run: that of its own limit, or that of an outer cgroup or the machine.
 */
export type Oom = 'limit' | 'outside';

/** How a main process ended. `code` and `signal` are both null if that is unknown. */
export interface ExitFact {
  readonly code: number | null;
  readonly signal: SignalName | null;
  /** Wall clock, ms. */
  readonly at: number;
  /** Absent: the kernel has not reported that memory ran out. */
  readonly oom?: Oom;
}

/** Resource limits of a run; null: unlimited. */
export interface RunLimits {
  /** Bytes. */
  readonly memory: number | null;
  /** Percent of one core. */
  readonly cpu: number | null;
}

/** Why the run's cgroup does not enforce a limit, in words, or null if it does or there is no limit. */
export type Unenforced = Readonly<Record<keyof RunLimits, string | null>>;

export type LogStart = Readonly<Record<Stream, number>>;

/** The state of a run: sent for every run when a controller connects, and in reply to a `spawn` with a known token. */
export interface RunFact {
  readonly token: string;
  readonly id: string;
  /** Null while the run is being spawned, or if it was never spawned. */
  readonly pid: number | null;
  readonly startTime: string | null;
  readonly startedAt: number | null;
  /** Found alive by a keeper that is not its parent. */
  readonly adopted: boolean;
  readonly paused: boolean;
  /** The sizes of its log files when the run began (bytes). */
  readonly logStart: LogStart;
  readonly exit: ExitFact | null;
  readonly failure: SpawnFailure | null;
  /** The run's notifications so far, as far as they still hold. */
  readonly notice: Notice | null;
  readonly cleared: Cleared | null;
  readonly unenforced: Unenforced;
}

/** Notifications of a worker (sd_notify(3)). An absent property was not sent. */
export interface Notice {
  /** The worker is ready: it has sent `READY=1`, or a newline to its readiness descriptor. */
  readonly ready?: true;
  /** The worker's announced phase, or null if it has none (any more). */
  readonly phase?: 'reloading' | 'stopping' | null;
  /** One line for people, without control characters. */
  readonly status?: string;
  readonly watchdog?: 'fed' | 'trigger';
  /** The watchdog interval that the worker asks for; 0: none. */
  readonly watchdogMs?: number;
  /** The extra time that the worker asks for in its current phase. */
  readonly extendMs?: number;
  readonly errno?: number;
  readonly exitStatus?: number;
}

export interface SpawnFailure {
  readonly code: string;
  readonly message: string;
  readonly at: number;
  readonly shortage: boolean;
}
