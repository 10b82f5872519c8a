/** What a check of `brood doctor` looks at, and what it says. */
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
  /** By instance, oldest first. */
  readonly records: ReadonlyMap<string, readonly EventRecord[]>;
  /** The last lines that an instance wrote before its last end: enough for the trace of a crash. */
  readonly lastWords: (id: string) => Promise<readonly string[]>;
  /** Wall clock, ms. */
  readonly now: number;
}

/** What is wrong, as it is told. */
export interface Problem {
  readonly kind: string;
  /** Null where it concerns the supervisor or the machine. */
  readonly worker: string | null;
  /** What is wrong, and what that means. */
  readonly message: string;
  /** What to do. */
  readonly advice: string;
  /** It is good to know, and may well be meant so. */
  readonly harmless?: boolean;
  /** What `--fix` does about it. */
  readonly fix?: Fix | null;
}

/** One kind of problem among processes; `checks.ts` lists them. */
export type FindingCheck = (findings: Findings) => readonly Problem[];

/** The supervisor's processes, and what keeps them from answering. */
export interface SupervisorTarget {
  readonly look: SupervisorLook;
  readonly troubles: readonly Trouble[];
}

/** One kind of problem of a supervisor; `checks.ts` lists them. */
export type SupervisorCheck = (target: SupervisorTarget) => readonly Problem[];

/** One kind of problem of a fleet; `checks.ts` lists them. */
export type Check = (target: FleetTarget) => readonly Problem[] | Promise<readonly Problem[]>;

/** `web/1`, `web/1 and web/2`, `web/1 and 11 others`. */
export function named(ids: readonly string[]): string {
  const [first = '', ...rest] = ids;
  if (rest.length === 0) return first;
  return rest.length === 1 ? `${first} and ${rest[0] ?? ''}` : `${first} and ${rest.length} others`;
}

/** The worker of an id. */
export const workerOf = (id: string): string => id.split('/')[0] ?? id;
