/** Findings of `brood doctor` about processes, of a fleet or of the whole machine. */
import type {Client} from '../../control/client.ts';
import type {OrphanReport, ZombieReport} from '../../control/reports.ts';

/** One process of a cycle. */
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

/** Deadlocks that were found in the available time. */
export interface DeadlockFindings {
  readonly deadlocks: readonly Deadlock[];
  /** Descriptions of what was not examined; they contain untrusted names. */
  readonly leftOut: readonly string[];
}

export interface Findings extends DeadlockFindings {
  readonly zombies: readonly ZombieReport[];
  readonly orphans: readonly OrphanReport[];
  /** The connection to the fleet's supervisor; null if there is none, or the machine is examined without a fleet. */
  readonly client: Client | null;
}
