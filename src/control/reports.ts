/** What the controller reports to clients: the fleet, its instances, what was found, how a command ended. */
import type {Doubt, Proof} from '../base/proof.ts';
import type {Status} from '../supervisor/types.ts';

/** What brood can and can't promise on this machine, in words. */
export interface Guarantees {
  /** How a run's processes are told apart: the best source there is. */
  readonly lineage: Proof;
  /** Whether the anchor lives, so that a dead keeper is brought back. */
  readonly anchored: boolean;
  /** Lesser guarantees, each a sentence with its reason. */
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
  /** For how long (ms) the keeper has not answered the controller; absent: an older controller does not tell. */
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
  /** The innermost group that it is in; null: none. */
  readonly group: string | null;
  readonly status: Status;
  readonly flags: readonly ('paused' | 'unhealthy' | 'draining')[];
  readonly pid: number | null;
  /** The kernel's: R S D T t Z X I. */
  readonly state: string | null;
  readonly nice: number | null;
  readonly restarts: number;
  readonly startedAt: string | null;
  readonly uptimeMs: number | null;
  /** Of one core, summed over the instance's tree, over the last reading. */
  readonly cpuPercent: number | null;
  readonly rssBytes: number | null;
  readonly adopted: boolean;
  readonly exit: ExitReport | null;
  /** Why it is as it is, in words; null where the status says all. */
  readonly reason: string | null;
  /** What it says of itself (`STATUS=` of sd_notify(3)); untrusted. */
  readonly statusText: string | null;
  /** When its schedule is due next; null where it has none, or is wanted down. */
  readonly nextRunAt: string | null;
}

/** More restarts were wanted at once than the machine is asked for: some wait for their turn, or did until a moment ago. */
export interface StormReport {
  /** ISO 8601. */
  readonly since: string;
  /** Restarts that were held back until now. */
  readonly held: number;
  /** Instances that wait for their turn at this moment. */
  readonly waiting: number;
}

export interface PsReport {
  readonly fleet: string;
  readonly file: string | null;
  readonly supervisor: SupervisorReport;
  readonly storm: StormReport | null;
  readonly workers: readonly WorkerReport[];
}

/** Everything known of one instance (`brood status`). */
export interface InstanceDetail extends WorkerReport {
  readonly command: readonly string[];
  readonly cwd: string;
  /** Of the fleet file; values of names that look like secrets are masked. */
  readonly env: Readonly<Record<string, string>>;
  readonly restart: string;
  readonly after: readonly string[];
  readonly requires: readonly string[];
  /** The run's token, or null. */
  readonly run: string | null;
  readonly wanted: 'up' | 'down';
  readonly restartsInARow: number;
  /** The groups that it is in, from within. */
  readonly groups: readonly string[];
  /** ISO 8601; when it is started again. */
  readonly retryAt: string | null;
  readonly alarmAt: string | null;
  readonly readyBy: string | null;
  /** What it says that it is about (sd_notify(3)). */
  readonly phase: 'reloading' | 'stopping' | null;
  /** How often it has to feed its watchdog; 0 or null: it has none. */
  readonly watchdogMs: number | null;
  readonly proof: string | null;
  readonly survivors: readonly string[];
  /** Why the last end is not proved; not there: it is, as well as it can be on this machine. */
  readonly doubts?: readonly Doubt[];
  /** Every living process of its tree. */
  readonly processes: readonly {
    readonly pid: number;
    readonly ppid: number;
    readonly state: string;
    readonly name: string;
    readonly command: string;
  }[];
  readonly logFolder: string;
  /** Null where its worker has no health checks. */
  readonly health: HealthReport | null;
  /** Null where its worker watches no files. */
  readonly watch: WatchReport | null;
  readonly limits: LimitsReport;
}

/** What an instance may use; null: as much as it likes. */
export interface LimitsReport {
  readonly nofile: number | null;
  /** Bytes. */
  readonly core: number | null;
  readonly memory: HeldLimit | null;
  readonly cpu: HeldLimit | null;
}

export interface HeldLimit {
  /** Bytes of memory, percent of one core. */
  readonly limit: number;
  /** What holds it; null: nothing does, or (without a run) it is not known. */
  readonly by: 'cgroup' | 'sampling' | null;
  /** Why no cgroup does; null: it does, or there is no run. */
  readonly why: string | null;
}

/** What a worker watches; paths from the fleet file's folder, where they lie in there. */
export interface WatchReport {
  readonly paths: readonly string[];
  readonly ignored: readonly string[];
  /** False while nothing of it is watched (yet). */
  readonly watching: boolean;
  /** What of it is not seen, and the kernel's code for why; null: it is not there, or may not be read. */
  readonly problems: readonly {readonly code: string | null; readonly message: string}[];
}

/** What the health checks of an instance have come to. Counted by the controller, from its start or that of the run on. */
export interface HealthReport {
  /** In a row. */
  readonly failures: number;
  /** At so many in a row it is `unhealthy` and restarted. */
  readonly limit: number;
  readonly checks: number;
  readonly last: HealthFailure | null;
  /** The last few, oldest first, also of runs before this one. */
  readonly recent: readonly HealthFailure[];
}

export interface HealthFailure {
  /** ISO 8601. */
  readonly at: string;
  /** In words. */
  readonly message: string;
}

/** Which of the machine's processes are the fleet's, at this moment. */
export interface LineageReport {
  readonly fleet: string;
  /** How the processes of a run are told apart: the best source there is. */
  readonly source: Guarantees['lineage'];
  readonly anchor: number | null;
  readonly keeper: number;
  readonly controller: number;
  /** All that the fleet has, also those that do not run. */
  readonly instances: readonly {readonly worker: string; readonly instance: number}[];
  readonly processes: readonly LineageEntry[];
}

export interface LineageEntry {
  readonly pid: number;
  /** Clock ticks after boot, as text: with the pid, its identity. */
  readonly startTime: string;
  /** Null: it came from this fleet, but from which worker nobody knows. */
  readonly worker: string | null;
  readonly instance: number | null;
  /** The main process of its run. */
  readonly main: boolean;
  /** It has lost its parent, and is the supervisor's child now. */
  readonly orphan: boolean;
}

export interface ZombieReport {
  readonly pid: number;
  readonly name: string;
  readonly ppid: number;
  /** The name of the parent, which does not wait for it. */
  readonly parent: string | null;
  readonly worker: string | null;
  readonly instance: number | null;
  /** For how long it has been one; null: not known. */
  readonly ageMs: number | null;
  /** Null: this user may not see it. */
  readonly exit: {readonly code: number | null; readonly signal: string | null} | null;
}

export interface OrphanReport {
  readonly pid: number;
  readonly name: string;
  readonly command: string;
  readonly worker: string | null;
  readonly instance: number | null;
  /** Null: it ended before anybody looked. */
  readonly formerParent: number | null;
  readonly formerParentName: string | null;
  /** ISO 8601. */
  readonly adoptedAt: string | null;
}

/** What `brood doctor` asks the supervisor for. */
export interface FindingsReport {
  readonly zombies: readonly ZombieReport[];
  readonly orphans: readonly OrphanReport[];
}

/** How a command ended for one instance. */
export interface Outcome {
  readonly id: string;
  readonly status: Status | 'removed';
  readonly ok: boolean;
  /** In words, where not ok or worth knowing. */
  readonly reason: string | null;
  /** After a stop: how brood knows that nothing is left. */
  readonly proof: string | null;
  readonly survivors: readonly string[];
  /** Why it is not proved that nothing of the run that was ended is left; not there: it is. */
  readonly doubts?: readonly Doubt[];
}

/** Why it is not proved that nothing of a whole fleet is left. */
export interface FleetDoubt {
  /** Instances whose it would be, some of them where there are many; none: it may be anybody's. */
  readonly ids: readonly string[];
  /** For people. Names of processes in it are untrusted. */
  readonly words: string;
}

export interface Outcomes {
  readonly ok: boolean;
  readonly outcomes: readonly Outcome[];
  /** Of the end of the whole fleet; not there: nothing but what was ended can be left. */
  readonly doubts?: readonly FleetDoubt[];
  /** What the end of the whole fleet could not end, as `pid name`. */
  readonly left?: readonly string[];
}
