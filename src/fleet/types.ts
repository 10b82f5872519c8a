/**
 * The checked and normalized content of a fleet file: every default filled in, every duration in milliseconds, every
 * size in bytes, every path absolute. Code outside `src/fleet/` never sees YAML.
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
  /** 0..1: maximum random change of a delay. */
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
  /** Time from the signal to SIGKILL. */
  readonly timeoutMs: number;
}

export interface TcpAddress {
  readonly host: string;
  readonly port: number;
}

/** How a worker becomes ready; not being ready after `timeoutMs` is a failure. */
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
  /** Read again at every start. */
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
  /**
   * Supplementary groups besides those of the user's account; null: none. Fleets of earlier versions lack these three.
   */
  readonly groups?: readonly string[] | null;
  readonly noNewPrivs?: boolean | null;
  /** The bounding set, names without `cap_`; null: unchanged. */
  readonly capabilities?: readonly string[] | null;
  readonly umask: number | null;
  readonly schedule: string | null;
  /** Absolute paths. */
  readonly watch: readonly string[];
  /** Patterns excluded from `watch`; absent in fleets recorded by an earlier version. */
  readonly watchIgnore?: readonly string[];
  readonly logs: LogPolicy;
  readonly zombies: ZombiePolicy;
  readonly orphans: OrphanPolicy;
  readonly channels: readonly string[];
  /** The program to run for each event (`exit`, `failed`, ...). */
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
  /** Canonical path of the fleet file, or null for a fleet that was started by `brood add`. */
  readonly file: string | null;
  /** The base folder of relative paths. */
  readonly dir: string;
  /** In the order of the file. */
  readonly workers: readonly WorkerSpec[];
  readonly groups: readonly GroupSpec[];
  readonly channels: readonly ChannelSpec[];
}

/** One error in a fleet file (or, as a `note`, a remark). */
export interface Problem {
  readonly severity: 'error' | 'note';
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** The error, the expected value, and the nearest valid spelling. */
  readonly message: string;
}

export interface ParsedFleet {
  /** Null if there is any error. */
  readonly fleet: FleetSpec | null;
  /** All problems, in the order of the file. */
  readonly problems: readonly Problem[];
}
