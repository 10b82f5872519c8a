/**
 * Facts that the keeper sends to the controller: JSON, one message a line, over the socket pair that carries the
 * orders.
 */
import type {Stream} from '../logs/layout.ts';
import type {SignalName} from '../base/signal-name.ts';
import type {Reply} from './orders.ts';
import type {Cleared, ExitFact, Unenforced, LogStart, RunFact, Notice, SpawnFailure} from './runs.ts';
import type {Proof} from '../base/proof.ts';

/** A process of the fleet that has lost its parent. `token` is null if its run is unknown. */
export interface OrphanFact {
  readonly pid: number;
  readonly startTime: string;
  readonly name: string;
  readonly token: string | null;
  readonly id: string | null;
  /** When the loss of its parent was noticed (wall clock, ms), or null if there is no record of it. */
  readonly at: number | null;
  /** Its parent before, or null if unknown. */
  readonly formerParent: FormerParent | null;
}

export interface FormerParent {
  readonly pid: number;
  /** Untrusted. */
  readonly name: string;
}

/** Output of an instance can't be written, so its worker may block. */
export interface HeldFact {
  readonly id: string;
  readonly error: string;
}

/** How a controller was lost. */
export interface Loss {
  /** `SIGKILL`, `exit code 1`, `frozen`, or why it could not be started. */
  readonly how: string;
  /** The path of a report about it, or null. */
  readonly report: string | null;
}

export interface FailedUpgrade {
  /** The name of the programs that should have taken over. */
  readonly to: string;
  readonly message: string;
}

/** Facts from the keeper. */
export type Fact =
  | {
      readonly type: 'welcome';
      readonly lease: number;
      readonly keeper: number;
      readonly keeperStartTime: string;
      readonly anchor: number | null;
      readonly startedAt: number;
      /** The keeper's own nice value, to which nice(1) adds. */
      readonly nice: number;
      readonly lineage: Proof;
      readonly weaker: readonly string[];
      /** The number of controllers that this keeper has lost. */
      readonly lost: number;
      /** The name of the current programs (`code/NAME`), or null if they run from where they were installed. */
      readonly code: string | null;
      /** How the previous controller was lost, or null if there was none or it was not lost. */
      readonly loss: Loss | null;
      /** An upgrade that failed and was not reported yet. */
      readonly failedUpgrade: FailedUpgrade | null;
      /** The fleet must stop: the signal came while there was no controller. */
      readonly ending: boolean;
      readonly runs: readonly RunFact[];
      /** Live orphans. */
      readonly orphans: readonly OrphanFact[];
      readonly held: readonly HeldFact[];
    }
  | {readonly type: 'run'; readonly run: RunFact}
  | {
      readonly type: 'spawned';
      readonly token: string;
      readonly pid: number;
      readonly startTime: string;
      readonly at: number;
      readonly logStart: LogStart;
      readonly unenforced: Unenforced;
    }
  | ({readonly type: 'spawn-failed'; readonly token: string} & SpawnFailure)
  | ({readonly type: 'exited'; readonly token: string} & ExitFact)
  | ({readonly type: 'cleared'; readonly token: string} & Cleared)
  /** A signal that ends a run could not be sent to one of its processes. `error` is `EPERM`, ... */
  | {
      readonly type: 'signal-failed';
      readonly token: string;
      readonly pid: number;
      readonly signal: SignalName;
      readonly error: string;
    }
  | {readonly type: 'paused'; readonly token: string}
  | {readonly type: 'continued'; readonly token: string}
  /** The run has sent a notification. */
  | {readonly type: 'notified'; readonly token: string; readonly notice: Notice}
  /** The run has declared another of its processes to be the main one. */
  | {readonly type: 'main-process'; readonly token: string; readonly pid: number; readonly startTime: string}
  /** A message to the run's notify socket was rejected. Reported once for each run and reason. */
  | {readonly type: 'notify-refused'; readonly token: string; readonly pid: number; readonly message: string}
  /** The guarantees have changed since the welcome. */
  | {readonly type: 'guarantees'; readonly lineage: Proof; readonly weaker: readonly string[]}
  | ({readonly type: 'orphan'} & OrphanFact)
  | {
      readonly type: 'orphan-ended';
      readonly pid: number;
      readonly code: number | null;
      readonly signal: SignalName | null;
    }
  | {readonly type: 'wrote'; readonly token: string; readonly stream: Stream}
  | {readonly type: 'rotated'; readonly folder: string}
  /** Output of an instance can't be written (disk full), so its worker may block. `error` null: it is written again. */
  | {readonly type: 'output-held'; readonly id: string; readonly error: string | null}
  /** A log file had been removed, replaced or cut short, and is written again. */
  | {readonly type: 'log-repaired'; readonly id: string; readonly message: string}
  /** The supervisor has received a signal. */
  | {readonly type: 'signalled'; readonly signal: SignalName; readonly again: boolean}
  | {readonly type: 'reply'; readonly ask: number; readonly reply: Reply}
  | {readonly type: 'beat'}
  /** A removed or damaged part of the fleet's folder was restored. */
  | {readonly type: 'repaired'; readonly what: string; readonly message: string}
  /** These runs hold a listening socket that was replaced by another one: they must be restarted, one after another. */
  | {readonly type: 'outdated'; readonly tokens: readonly string[]}
  /** A declared channel is unreachable and can't be restored. */
  | {readonly type: 'channel-lost'; readonly channel: string; readonly message: string}
  /** To a new controller before it takes over: it must check whether it can, and reply with `prepared`. */
  | {readonly type: 'handshake'}
  /** To the active controller: another one is prepared, so it must hand over. */
  | {readonly type: 'upgrade-prepared'}
  | ({readonly type: 'upgrade-failed'} & FailedUpgrade)
  /** The programs `to` are current now. */
  | {readonly type: 'upgraded'; readonly from: string | null; readonly to: string};

export type FactType = Fact['type'];

export type FactOf<T extends FactType> = Extract<Fact, {readonly type: T}>;

/** The first fact for a new controller. */
export type Welcome = FactOf<'welcome'>;
