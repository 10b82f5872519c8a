/** What the keeper knows of a run and tells of it. */
import type {Proof, Doubt} from '../base/proof.ts';
import type {Stream} from '../logs/layout.ts';
import type {SignalName} from '../base/signal-name.ts';

/** What is left of a run that has ended, and how that is known. */
export interface Cleared {
  readonly proof: Proof;
  /** What could not be ended, as `pid name`. */
  readonly survivors: readonly string[];
  /** Not there: none. With doubts, the proof is `lineage`. */
  readonly doubts?: readonly Doubt[];
}

/** Whose memory had run out when the kernel ended a run: its own limit's, or that of a cgroup around it or the machine. */
export type Oom = 'limit' | 'outside';

/** How a main process ended; both null where the kernel could not tell. */
export interface ExitFact {
  readonly code: number | null;
  readonly signal: SignalName | null;
  /** Wall clock, ms. */
  readonly at: number;
  /** Not there: the kernel tells nothing of that. */
  readonly oom?: Oom;
}

/** What a run may use; null: as much as it likes. */
export interface RunLimits {
  /** Bytes. */
  readonly memory: number | null;
  /** Percent of one core. */
  readonly cpu: number | null;
}

/** Why its cgroup does not hold a limit that a run has, in words; null: it does, or there is no limit. */
export type Unenforced = Readonly<Record<keyof RunLimits, string | null>>;

export type LogStart = Readonly<Record<Stream, number>>;

/** What the keeper knows of a run: said for every run when a controller arrives, and answered to a `spawn` it knows. */
export interface RunFact {
  readonly token: string;
  readonly id: string;
  /** Null while it is being spawned, or where it never was. */
  readonly pid: number | null;
  readonly startTime: string | null;
  readonly startedAt: number | null;
  /** Found alive by a keeper that is not its parent. */
  readonly adopted: boolean;
  readonly paused: boolean;
  /** Bytes that its log files had when it began. */
  readonly logStart: LogStart;
  readonly exit: ExitFact | null;
  readonly failure: SpawnFailure | null;
  /** All that it has said so far and that still holds. */
  readonly notice: Notice | null;
  readonly cleared: Cleared | null;
  readonly unenforced: Unenforced;
}

/** What a worker has said of itself (sd_notify(3)); what is not there, it has not said. */
export interface Notice {
  /** It is ready, by `READY=1` or by a newline to the descriptor that it was given for that. */
  readonly ready?: true;
  /** What it is about to do; null: nothing (any more). */
  readonly phase?: 'reloading' | 'stopping' | null;
  /** One line for people, without control characters. */
  readonly status?: string;
  readonly watchdog?: 'fed' | 'trigger';
  /** How often it wants to feed its watchdog from now on; 0: not at all. */
  readonly watchdogMs?: number;
  /** It needs so much longer for what it is about. */
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
