/** Input and output of the checks of `brood doctor`. */
import type {EventRecord} from '../../journal/record.ts';
import type {InstanceDetail, StormReport, SupervisorReport} from '../../control/reports.ts';
import type {SupervisorLook, Trouble} from '../target/supervisor-troubles.ts';
import type {Findings} from './findings.ts';
import type {Fix} from './fixes.ts';

export interface FleetTarget {
  readonly folder: string;
  readonly supervisor: SupervisorReport;
  readonly storm: StormReport | null;
  readonly instances: readonly InstanceDetail[];
  /** The journal records of each instance, oldest first. */
  readonly records: ReadonlyMap<string, readonly EventRecord[]>;
  /** Returns the last lines that an instance wrote before its last end, enough for the trace of a crash. */
  readonly lastWords: (id: string) => Promise<readonly string[]>;
  /** Wall clock, ms. */
  readonly now: number;
}

/** A problem, as it is reported. */
export interface Problem {
  readonly kind: string;
  /** Null if the problem concerns the supervisor or the machine. */
  readonly worker: string | null;
  /** The problem and its consequences. */
  readonly message: string;
  /** The remedy. */
  readonly advice: string;
  /** The problem is for information only and may be intended. */
  readonly harmless?: boolean;
  /** The fix that `--fix` applies. */
  readonly fix?: Fix | null;
}

/** A check for one kind of problem among processes; `checks.ts` lists them. */
export type FindingCheck = (findings: Findings) => readonly Problem[];

/** The supervisor's processes, and the reasons why they do not answer. */
export interface SupervisorTarget {
  readonly look: SupervisorLook;
  readonly troubles: readonly Trouble[];
}

/** A check for one kind of problem of a supervisor; `checks.ts` lists them. */
export type SupervisorCheck = (target: SupervisorTarget) => readonly Problem[];

/** A check for one kind of problem of a fleet; `checks.ts` lists them. */
export type Check = (target: FleetTarget) => readonly Problem[] | Promise<readonly Problem[]>;

/** `web/1`, `web/1 and web/2`, `web/1 and 11 others`. */
export function named(ids: readonly string[]): string {
  const [first = '', ...rest] = ids;
  if (rest.length === 0) return first;
  return rest.length === 1 ? `${first} and ${rest[0] ?? ''}` : `${first} and ${rest.length} others`;
}

/** Returns the worker of an instance id. */
export const workerOf = (id: string): string => id.split('/')[0] ?? id;
