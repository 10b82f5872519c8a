/** Reports of the controller to clients: the fleet, its instances, findings, and outcomes of commands. */
import type {Doubt, Proof} from '../base/proof.ts';
import type {Status} from '../supervisor/types.ts';

/** What brood can and can't promise on this machine. */
export interface Guarantees {
  /** The best available way to attribute processes to a run. */
  readonly lineage: Proof;
  /** Whether the anchor lives, so that a dead keeper is restarted. */
  readonly anchored: boolean;
  /** Weaker guarantees, each a sentence with its reason. */
  readonly weaker: readonly string[];
}

export interface SupervisorReport {
  readonly anchor: number | null;
  /** The keeper. */
  readonly pid: number;
  readonly controller: number;
  readonly startedAt: string;
  readonly version: string;
  readonly guarantees: Guarantees;
  /** Time (ms) since the keeper last answered the controller; older controllers omit it. */
  readonly keeperSilentMs?: number;
}

export interface ExitReport {
  readonly code: number | null;
  readonly signal: string | null;
  readonly at: string;
  readonly reason: string;
}

/** One instance, as `brood ps` shows it. Times are ISO 8601. */
export interface WorkerReport {
  readonly id: string;
  readonly worker: string;
  readonly instance: number;
  /** The innermost group of the instance, or null. */
  readonly group: string | null;
  readonly status: Status;
  readonly flags: readonly ('paused' | 'unhealthy' | 'draining')[];
  readonly pid: number | null;
  /** The kernel's process state: R S D T t Z X I. */
  readonly state: string | null;
  readonly nice: number | null;
  readonly restarts: number;
  readonly startedAt: string | null;
  readonly uptimeMs: number | null;
  /** Percent of one core, summed over the instance's tree, over the last sampling interval. */
  readonly cpuPercent: number | null;
  readonly rssBytes: number | null;
  readonly adopted: boolean;
  readonly exit: ExitReport | null;
  /** Why the instance is in this state, or null if the status explains itself. */
  readonly reason: string | null;
  /** The worker's own status text (`STATUS=` of sd_notify(3)); untrusted. */
  readonly statusText: string | null;
  /** Next time of the schedule, or null if there is no schedule or the instance is wanted down. */
  readonly nextRunAt: string | null;
}

/** More restarts were due at once than the machine may take: some wait for their turn, or did until a moment ago. */
export interface StormReport {
  /** ISO 8601. */
  readonly since: string;
  /** Restarts held back so far. */
  readonly held: number;
  /** Instances that wait for their turn now. */
  readonly waiting: number;
}

export interface PsReport {
  readonly fleet: string;
  readonly file: string | null;
  readonly supervisor: SupervisorReport;
  readonly storm: StormReport | null;
  readonly workers: readonly WorkerReport[];
}

/** All details of one instance (`brood status`). */
export interface InstanceDetail extends WorkerReport {
  readonly command: readonly string[];
  readonly cwd: string;
  /** Variables from the fleet file; values of names that look like secrets are masked. */
  readonly env: Readonly<Record<string, string>>;
  readonly restart: string;
  readonly after: readonly string[];
  readonly requires: readonly string[];
  /** The run's token, or null. */
  readonly run: string | null;
  readonly wanted: 'up' | 'down';
  readonly restartsInARow: number;
  /** The groups of the instance, innermost first. */
  readonly groups: readonly string[];
  /** Time of the next start; ISO 8601. */
  readonly retryAt: string | null;
  readonly alarmAt: string | null;
  readonly readyBy: string | null;
  /** The phase that the worker has announced (sd_notify(3)). */
  readonly phase: 'reloading' | 'stopping' | null;
  /** Interval in which the worker must feed its watchdog; 0 or null: no watchdog. */
  readonly watchdogMs: number | null;
  readonly proof: string | null;
  readonly survivors: readonly string[];
  /** Why the last end is not proved. Absent: it is proved as well as possible on this machine. */
  readonly doubts?: readonly Doubt[];
  /** Every living process of the instance's tree. */
  readonly processes: readonly {
    readonly pid: number;
    readonly ppid: number;
    readonly state: string;
    readonly name: string;
    readonly command: string;
  }[];
  readonly logFolder: string;
  /** Null if the worker has no health checks. */
  readonly health: HealthReport | null;
  /** Null if the worker watches no files. */
  readonly watch: WatchReport | null;
  readonly limits: LimitsReport;
}

/** Limits of an instance; null: unlimited. */
export interface LimitsReport {
  readonly nofile: number | null;
  /** Bytes. */
  readonly core: number | null;
  readonly memory: HeldLimit | null;
  readonly cpu: HeldLimit | null;
}

export interface HeldLimit {
  /** Bytes of memory, or percent of one core. */
  readonly limit: number;
  /** What enforces the limit; null: nothing, or unknown because there is no run. */
  readonly by: 'cgroup' | 'sampling' | null;
  /** Why no cgroup enforces the limit; null: a cgroup does, or there is no run. */
  readonly why: string | null;
}

/** What a worker watches. Paths inside the fleet file's folder are relative to it. */
export interface WatchReport {
  readonly paths: readonly string[];
  readonly ignored: readonly string[];
  /** False while nothing is watched (yet). */
  readonly watching: boolean;
  /** Paths that can't be watched, with the kernel's error code; null: the path is missing or not readable. */
  readonly problems: readonly {readonly code: string | null; readonly message: string}[];
}

/** Results of an instance's health checks, counted by the controller from its own start or that of the run. */
export interface HealthReport {
  /** Consecutive failures. */
  readonly failures: number;
  /** Consecutive failures at which the instance is `unhealthy` and restarted. */
  readonly limit: number;
  readonly checks: number;
  readonly last: HealthFailure | null;
  /** The most recent failures, oldest first, including those of earlier runs. */
  readonly recent: readonly HealthFailure[];
}

export interface HealthFailure {
  /** ISO 8601. */
  readonly at: string;
  /** Text for people. */
  readonly message: string;
}

/** The processes of the machine that belong to the fleet at this moment. */
export interface LineageReport {
  readonly fleet: string;
  /** The best available way to attribute processes to a run. */
  readonly source: Guarantees['lineage'];
  readonly anchor: number | null;
  readonly keeper: number;
  readonly controller: number;
  /** All instances of the fleet, including those that do not run. */
  readonly instances: readonly {readonly worker: string; readonly instance: number}[];
  readonly processes: readonly LineageEntry[];
}

export interface LineageEntry {
  readonly pid: number;
  /** Clock ticks after boot, as text; identifies the process together with the pid. */
  readonly startTime: string;
  /** Null if the process came from this fleet, but its worker is unknown. */
  readonly worker: string | null;
  readonly instance: number | null;
  /** Whether the process is the main process of its run. */
  readonly main: boolean;
  /** Whether the process has lost its parent and is now a child of the supervisor. */
  readonly orphan: boolean;
}

export interface ZombieReport {
  readonly pid: number;
  readonly name: string;
  readonly ppid: number;
  /** The name of the parent, which has not reaped the zombie. */
  readonly parent: string | null;
  readonly worker: string | null;
  readonly instance: number | null;
  /** Time as a zombie, or null if unknown. */
  readonly ageMs: number | null;
  /** Null if this user may not read it. */
  readonly exit: {readonly code: number | null; readonly signal: string | null} | null;
}

export interface OrphanReport {
  readonly pid: number;
  readonly name: string;
  readonly command: string;
  readonly worker: string | null;
  readonly instance: number | null;
  /** Null if the parent ended before it was recorded. */
  readonly formerParent: number | null;
  readonly formerParentName: string | null;
  /** ISO 8601. */
  readonly adoptedAt: string | null;
}

/** Findings of the supervisor for `brood doctor`. */
export interface FindingsReport {
  readonly zombies: readonly ZombieReport[];
  readonly orphans: readonly OrphanReport[];
}

/** How a command ended for one instance. */
export interface Outcome {
  readonly id: string;
  readonly status: Status | 'removed';
  readonly ok: boolean;
  /** Explanation of a failure, or of a success that needs one. */
  readonly reason: string | null;
  /** After a stop: how it is proved that nothing is left. */
  readonly proof: string | null;
  readonly survivors: readonly string[];
  /** Why it is not proved that nothing of the ended run is left. Absent: it is proved. */
  readonly doubts?: readonly Doubt[];
}

/** Why it is not proved that nothing of a whole fleet is left. */
export interface FleetDoubt {
  /** Instances that may have processes left; some of them if there are many. Empty: any instance may. */
  readonly ids: readonly string[];
  /** Text for people. Names of processes in it are untrusted. */
  readonly words: string;
}

export interface Outcomes {
  readonly ok: boolean;
  readonly outcomes: readonly Outcome[];
  /** Doubts about the end of the whole fleet. Absent: at most the reported processes are left. */
  readonly doubts?: readonly FleetDoubt[];
  /** Processes that the end of the whole fleet could not end, as `pid name`. */
  readonly left?: readonly string[];
}
