/** What `brood doctor` finds among processes, of a fleet or of the whole machine. */
import type {Client} from '../../control/client.ts';
import type {OrphanReport, ZombieReport} from '../../control/reports.ts';

/** One of those that wait for each other. */
export interface Link {
  readonly pid: number;
  /** The worker's name. */
  readonly worker: string | null;
  readonly instance: number | null;
  readonly name: string | null;
  readonly holds: string;
  readonly waitsFor: string;
}

export interface Deadlock {
  readonly cycle: readonly Link[];
}

/** Deadlocks, as far as there was time to look. */
export interface DeadlockFindings {
  readonly deadlocks: readonly Deadlock[];
  /** What was not looked at, in words; untrusted names are in them. */
  readonly leftOut: readonly string[];
}

export interface Findings extends DeadlockFindings {
  readonly zombies: readonly ZombieReport[];
  readonly orphans: readonly OrphanReport[];
  /** The fleet's supervisor; null where there is none, or all of the machine is looked at without one. */
  readonly client: Client | null;
}
