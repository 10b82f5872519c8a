/**
 * What keeper and controller say to each other: JSON, one message a line, over the socket pair that the controller
 * inherits as descriptor 3. Every order carries the number of the controller's lease; lower ones are refused, so an old
 * controller that wakes up again changes nothing.
 */
import type {Stream} from '../logs/layout.ts';
import type {SignalName} from '../posix/signals.ts';

/** The descriptor on which a controller finds its keeper. */
export const LINK_FD = 3;
/** And by that one, where there is one, it holds the queue of pipes (pipe-store.ts) open. It does nothing with it. */
export const STORE_FD = 4;

/** How brood knows that nothing of a run is left. */
export type Proof = 'cgroup' | 'connector' | 'lineage';

/** Why it is not proved that nothing of a run is left. */
export interface Doubt {
  /** A process that may be left of it; null: a reason that is no process. */
  readonly pid: number | null;
  readonly startTime: string | null;
  /** For people. Names of processes in it are untrusted. */
  readonly words: string;
}

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
export type Unheld = Readonly<Record<keyof RunLimits, string | null>>;

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
  readonly unheld: Unheld;
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

/** A listening socket that a worker inherits. */
export interface SocketGrant {
  /** The channel's name. */
  readonly name: string;
  /** `127.0.0.1:8080`, `[::1]:8080`, or the absolute path of a unix socket. */
  readonly address: string;
}

/** A declared pipe that a worker inherits. */
export interface PipeGrant {
  /** The channel's name. */
  readonly name: string;
}

/** What the keeper holds for workers that are to inherit it. */
export interface DeclaredChannels {
  /** Of sockets. */
  readonly addresses: readonly string[];
  /** Names of pipes. */
  readonly pipes: readonly string[];
}

/** All that is needed to start a run. Nothing in it is parsed: the controller has worked it out. */
export interface SpawnOrder {
  readonly token: string;
  readonly id: string;
  /** The program, found beforehand: an absolute path, or one with a slash relative to `cwd`. */
  readonly file: string;
  /** Its arguments from argv[0] on. */
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Laid over the environment in which the supervisor was started (`inherit`), or over a few names of it. */
  readonly env: Readonly<Record<string, string>>;
  readonly inherit: boolean;
  /**
   * How the shell at the end of `argv` becomes the program, whose environment it sets: what comes before it runs as the
   * supervisor's user and gets none of that. Null: `file` gets the environment itself. Not there in orders of earlier versions.
   */
  readonly entry?: EntryOrder | null;
  /** Whose it will be, where that is another user than the supervisor: it may open what is its own again. */
  readonly owner: {readonly uid: number; readonly gid: number} | null;
  readonly logFolder: string;
  /** Bytes at which a log file is rotated. */
  readonly logMaxSize: number;
  /** In the order of their descriptors, from 3 on. */
  readonly sockets: readonly SocketGrant[];
  /** In the order of their descriptors, which follow those of the sockets. */
  readonly pipes: readonly PipeGrant[];
  /** Where it may say how it is (sd_notify(3)): a path; null: nowhere. */
  readonly notify: string | null;
  /** The descriptor to which it writes a newline when it is ready; null: none. */
  readonly readyFd: number | null;
  readonly limits: RunLimits;
  /** For the keeper's own ladder, should there be no controller when the fleet must stop. */
  readonly stopSignal: SignalName;
  readonly stopTimeoutMs: number;
}

export interface EntryOrder {
  /** Null: as inherited. */
  readonly umask: number | null;
  /** Null: the folder that `cwd` names. */
  readonly cwd: string | null;
  /** Variables that are to hold the program's own pid. */
  readonly ownPid: readonly string[];
}

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

/** Orders to the keeper. Those with `ask` are answered by a `reply` with the same number. */
export type Order = {readonly lease: number} & (
  | ({readonly type: 'spawn'} & SpawnOrder)
  | {readonly type: 'end'; readonly token: string; readonly signal: SignalName; readonly timeoutMs: number}
  | {readonly type: 'clear'; readonly token: string; readonly graceMs: number}
  | {readonly type: 'forget'; readonly tokens: readonly string[]}
  | {
      readonly type: 'signal';
      readonly ask: number;
      readonly pid: number;
      readonly startTime: string;
      readonly signal: number;
    }
  | {
      readonly type: 'signal-run';
      readonly ask: number;
      readonly token: string;
      readonly signal: number;
      readonly tree: boolean;
    }
  | {readonly type: 'freeze'; readonly ask: number; readonly token: string}
  | {readonly type: 'thaw'; readonly ask: number; readonly token: string}
  | {
      readonly type: 'nice';
      readonly ask: number;
      readonly pid: number;
      readonly startTime: string;
      readonly nice: number;
    }
  /** Take in what the run has sent and nobody has read yet; answered after it was told. */
  | {readonly type: 'listen'; readonly ask: number; readonly token: string}
  /** Look for those that have lost their parents; answered after they were told of. */
  | {readonly type: 'look-for-orphans'; readonly ask: number}
  /** Tell when output of the run was moved to its log, until `unwatch`. */
  | {readonly type: 'watch'; readonly token: string}
  | {readonly type: 'unwatch'; readonly token: string}
  | {readonly type: 'reopen-logs'}
  /** All that are declared; others are closed. */
  | ({readonly type: 'channels'} & DeclaredChannels)
  /** The controller answers on its socket. */
  | {readonly type: 'ready'}
  | {readonly type: 'beat'}
  /** Programs (probes, hooks) are run for workers from now on: they may leave orphans, too. */
  | {readonly type: 'errands'}
  /** From a controller that was shown a handshake: whether it can take over (null), or why not. */
  | {readonly type: 'prepared'; readonly error: string | null}
  /** Another copy of the programs is to take over: its name. */
  | {readonly type: 'upgrade'; readonly code: string}
  /** All is committed and the control socket is free: the lease is another controller's. */
  | {readonly type: 'hand-over'}
  /** The lease is kept: nothing is upgraded, and why. */
  | {readonly type: 'keep-lease'; readonly message: string}
  /** All is recorded and nothing runs: leave, and take the anchor along. */
  | {readonly type: 'leave'}
);
export type OrderType = Order['type'];
export type OrderOf<T extends OrderType> = Extract<Order, {readonly type: T}>;

/** How an asked order went: whom it reached, or what went wrong (`ESRCH`, `EPERM`, ...). */
export interface Reply {
  readonly ok: boolean;
  readonly error: string | null;
  readonly pids: readonly number[];
  /** Other processes of the run that it did not reach, though they are there; not there: none. */
  readonly refused?: readonly Refused[];
}

/** A process to which a signal could not be sent. */
export interface Refused {
  readonly pid: number;
  /** Untrusted. */
  readonly name: string;
  /** `EPERM`, ... */
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
      readonly unheld: Unheld;
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
