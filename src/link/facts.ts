/** Facts that the keeper tells the controller: JSON, one message a line, the other way along the same socket pair. */
import type {Stream} from '../logs/layout.ts';
import type {SignalName} from '../base/signal-name.ts';
import type {Reply} from './orders.ts';
import type {Cleared, ExitFact, Unenforced, LogStart, RunFact, Notice, SpawnFailure} from './runs.ts';
import type {Proof} from '../base/proof.ts';

/** A process of the fleet that has lost its parent; token null: of no run that is known. */
export interface OrphanFact {
  readonly pid: number;
  readonly startTime: string;
  readonly name: string;
  readonly token: string | null;
  readonly id: string | null;
  /** Wall clock, ms: when it was seen to have lost its parent; null: longer ago than is remembered. */
  readonly at: number | null;
  /** Whose child it was; null where nobody saw that. */
  readonly formerParent: FormerParent | null;
}

export interface FormerParent {
  readonly pid: number;
  /** Untrusted. */
  readonly name: string;
}

/** Output of an instance can't be written: its worker is held back. */
export interface HeldFact {
  readonly id: string;
  readonly error: string;
}

/** How a controller was lost. */
export interface Loss {
  /** `SIGKILL`, `exit code 1`, `frozen`, or why it could not be started. */
  readonly how: string;
  /** Where it is written down what could be seen of it. */
  readonly report: string | null;
}

export interface FailedUpgrade {
  /** The name of the programs that were to take over. */
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
      /** The keeper's own nice value: what nice(1) counts from. */
      readonly nice: number;
      readonly lineage: Proof;
      readonly weaker: readonly string[];
      /** How many controllers this keeper has lost. */
      readonly lost: number;
      /** The name of the programs that are current (`code/NAME`); null: they run from where they were installed. */
      readonly code: string | null;
      /** How the controller before was lost; null: there was none, or it was not lost. */
      readonly loss: Loss | null;
      /** An upgrade that came to nothing. */
      readonly failedUpgrade: FailedUpgrade | null;
      /** The fleet is to end: the signal came while there was no controller. */
      readonly ending: boolean;
      readonly runs: readonly RunFact[];
      /** Those that live. */
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
  /** A signal that is part of ending a run could not be sent to one of its processes: the error (`EPERM`, ...). */
  | {
      readonly type: 'signal-failed';
      readonly token: string;
      readonly pid: number;
      readonly signal: SignalName;
      readonly error: string;
    }
  | {readonly type: 'paused'; readonly token: string}
  | {readonly type: 'continued'; readonly token: string}
  /** What it has said of itself. */
  | {readonly type: 'notified'; readonly token: string; readonly notice: Notice}
  /** By its own word another of its processes is the main one. */
  | {readonly type: 'main-process'; readonly token: string; readonly pid: number; readonly startTime: string}
  /** What was sent to its socket did not count, and why; told once a run for each reason. */
  | {readonly type: 'notify-refused'; readonly token: string; readonly pid: number; readonly message: string}
  /** What can be promised has changed since the welcome. */
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
  /** Output of an instance can't be written (disk full): its worker is held back. `error` null: it goes on. */
  | {readonly type: 'output-held'; readonly id: string; readonly error: string | null}
  /** A log file was removed, replaced or cut short, and is written to again. */
  | {readonly type: 'log-repaired'; readonly id: string; readonly message: string}
  /** A signal that was sent to the supervisor. */
  | {readonly type: 'signalled'; readonly signal: SignalName; readonly again: boolean}
  | {readonly type: 'reply'; readonly ask: number; readonly reply: Reply}
  | {readonly type: 'beat'}
  /** Something of the fleet's folder was removed or damaged under the keeper, and is back. */
  | {readonly type: 'repaired'; readonly what: string; readonly message: string}
  /** These runs hold something in whose place there is another thing: they are to be replaced, one after another. */
  | {readonly type: 'outdated'; readonly tokens: readonly string[]}
  /** A declared channel is not to be reached any more, and can't be put back. */
  | {readonly type: 'channel-lost'; readonly channel: string; readonly message: string}
  /** To a controller that is to take over: nothing is yours yet, show that you could. */
  | {readonly type: 'handshake'}
  /** To the one that works: another is prepared, hand over. */
  | {readonly type: 'upgrade-prepared'}
  | ({readonly type: 'upgrade-failed'} & FailedUpgrade)
  /** These programs are current now. */
  | {readonly type: 'upgraded'; readonly from: string | null; readonly to: string};

export type FactType = Fact['type'];

export type FactOf<T extends FactType> = Extract<Fact, {readonly type: T}>;

/** What a keeper tells a new controller first. */
export type Welcome = FactOf<'welcome'>;
