/**
 * What a fleet file says, checked and normalized: every default filled in, every duration in milliseconds, every size
 * in bytes, every path absolute. Nothing downstream of `src/fleet/` sees YAML.
 */
import type {SignalName} from '../base/signal-name.ts';

export type RestartPolicy = 'always' | 'on-failure' | 'never';
export type ZombiePolicy = 'report' | 'nudge' | 'restart';
export type OrphanPolicy = 'keep' | 'kill';
export type GroupStrategy = 'one-for-one' | 'one-for-all' | 'rest-for-one';

export interface Backoff {
  /** Delay before the first restart after a run that lasted `resetAfterMs`. */
  readonly firstMs: number;
  /** Delay before the second restart in a row; each further one is `factor` times longer, up to `maxMs`. */
  readonly initialMs: number;
  readonly factor: number;
  readonly maxMs: number;
  /** 0..1: how far a delay may be moved at random. */
  readonly jitter: number;
  /** A run at least this long ends a row of restarts. */
  readonly resetAfterMs: number;
}

export interface GiveUp {
  /** How many restarts in a row, or within `withinMs`, are tried before the worker is `failed`. */
  readonly restarts: number;
  readonly withinMs: number;
}

export interface StopPolicy {
  readonly signal: SignalName;
  /** From the signal to SIGKILL. */
  readonly timeoutMs: number;
}

export interface TcpAddress {
  readonly host: string;
  readonly port: number;
}

/** How a worker shows that it is ready; `timeoutMs` without it is a failure. */
export type Readiness = {readonly timeoutMs: number} & (
  | {readonly kind: 'log'; readonly text: string}
  | ({readonly kind: 'tcp'} & TcpAddress)
  | {readonly kind: 'exec'; readonly argv: readonly string[]}
  | {readonly kind: 'after'; readonly delayMs: number}
  | {readonly kind: 'http'; readonly url: string}
  | {readonly kind: 'notify'}
  | {readonly kind: 'fd'; readonly fd: number}
);
export type ReadinessKind = Readiness['kind'];

export type Health = {readonly everyMs: number; readonly timeoutMs: number; readonly failures: number} & (
  | {readonly kind: 'http'; readonly url: string}
  | ({readonly kind: 'tcp'} & TcpAddress)
  | {readonly kind: 'exec'; readonly argv: readonly string[]}
);

export interface Limits {
  readonly nofile: number | null;
  /** Bytes. */
  readonly core: number | null;
  /** Bytes. */
  readonly memory: number | null;
  /** Percent of one core. */
  readonly cpu: number | null;
}

export interface LogPolicy {
  /** Bytes at which a log file is rotated. */
  readonly maxSize: number;
  /** Rotated files older than this are removed. */
  readonly maxAgeMs: number;
  /** How many rotated files of a stream are kept. */
  readonly keep: number;
  readonly compress: boolean;
}

export interface WorkerSpec {
  readonly name: string;
  /** The program and its arguments; `sh:` becomes `/bin/sh -c TEXT`. */
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Read anew at every start. */
  readonly envFile: string | null;
  readonly envInherit: boolean;
  readonly instances: number;
  readonly after: readonly string[];
  readonly requires: readonly string[];
  readonly restart: RestartPolicy;
  /** Exit codes and signals that count as ending well. */
  readonly success: readonly (number | SignalName)[];
  readonly backoff: Backoff;
  readonly giveUp: GiveUp;
  readonly stop: StopPolicy;
  readonly ready: Readiness | null;
  readonly health: Health | null;
  readonly watchdogMs: number | null;
  readonly alarmMs: number | null;
  readonly maxRuntimeMs: number | null;
  readonly nice: number | null;
  readonly limits: Limits;
  readonly user: string | null;
  /** Supplementary groups beside those of the user's account; null: none. These three are not there in earlier versions' fleets. */
  readonly groups?: readonly string[] | null;
  readonly noNewPrivs?: boolean | null;
  /** The bounding set, names without `cap_`; null: not changed. */
  readonly capabilities?: readonly string[] | null;
  readonly umask: number | null;
  readonly schedule: string | null;
  /** Absolute paths. */
  readonly watch: readonly string[];
  /** Patterns of what is left out below them; not there in a fleet that an earlier version has taken in. */
  readonly watchIgnore?: readonly string[];
  readonly logs: LogPolicy;
  readonly zombies: ZombiePolicy;
  readonly orphans: OrphanPolicy;
  readonly channels: readonly string[];
  /** By event (`exit`, `failed`, ...): the program that is called. */
  readonly hooks: Readonly<Record<string, readonly string[]>>;
}

export interface GroupSpec {
  readonly name: string;
  readonly strategy: GroupStrategy;
  readonly members: readonly string[];
  readonly giveUp: GiveUp | null;
}

export type ChannelSpec = {readonly name: string} & (
  | {readonly kind: 'socket'; readonly address: string}
  | {readonly kind: 'queue'; readonly capacity: number; readonly durable: boolean; readonly redeliver: boolean}
  | {readonly kind: 'pipe'; readonly from: string; readonly to: string}
  | {readonly kind: 'semaphore'; readonly count: number}
  | {readonly kind: 'lock'}
  | {readonly kind: 'event'}
  | {readonly kind: 'shm'; readonly bytes: number}
);

export type ChannelKind = ChannelSpec['kind'];

export interface FleetSpec {
  readonly name: string;
  /** Canonical path of the fleet file; null for a fleet that was started by `brood add`. */
  readonly file: string | null;
  /** The folder that relative paths start from. */
  readonly dir: string;
  /** In the order of the file. */
  readonly workers: readonly WorkerSpec[];
  readonly groups: readonly GroupSpec[];
  readonly channels: readonly ChannelSpec[];
}

/** One thing wrong in a fleet file (or, as a `note`, one thing to know). */
export interface Problem {
  readonly severity: 'error' | 'note';
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** What is wrong, what was expected, and the nearest right spelling. */
  readonly message: string;
}

export interface ParsedFleet {
  /** Null where there is any error. */
  readonly fleet: FleetSpec | null;
  /** All of them, in the order of the file. */
  readonly problems: readonly Problem[];
}
