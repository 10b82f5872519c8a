/** Builds the supervisor's report of itself, with the guarantees that it can't keep at the moment. */
import type {SupervisorReport} from '../../control/reports.ts';
import type {Welcome} from '../../link/facts.ts';

export interface Condition {
  readonly version: string;
  /** Wall clock, ms. */
  readonly upSince: number;
  /** Error of the last commit, or null. */
  readonly commitError: string | null;
  /** Why output can't be written, by instance id. */
  readonly held: ReadonlyMap<string, string>;
  /** Limits that are enforced less strictly, or not at all. */
  readonly limits: readonly string[];
  readonly keeperSilentMs: number;
}

export function supervisorReport(
  welcome: Welcome,
  {version, upSince, commitError, held, limits, keeperSilentMs}: Condition,
): SupervisorReport {
  const weaker = [...welcome.weaker];
  if (welcome.anchor === null) weaker.push('no anchor: the keeper is not restarted if it is killed');
  if (commitError !== null)
    weaker.push(`the state can't be recorded (${commitError}): if the controller dies now, recent changes are lost`);
  for (const [id, error] of held) weaker.push(`${id} is held back: its output can't be written (${error})`);
  weaker.push(...limits);
  return {
    anchor: welcome.anchor,
    pid: welcome.keeper,
    controller: process.pid,
    startedAt: new Date(upSince).toISOString(),
    version,
    guarantees: {lineage: welcome.lineage, anchored: welcome.anchor !== null, weaker},
    keeperSilentMs,
  };
}
