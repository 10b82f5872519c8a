/** How it is known that nothing of a run is left, from all sources together: none may contradict the one that is named. */
import {isPopulated} from '../cgroup/cgroup.ts';
import type {Cleared} from '../../link/runs.ts';
import type {Doubt} from '../../base/proof.ts';
import type {Run} from '../runs/run.ts';
import {hasEnded, readStat} from '../../process/stat.ts';

/**
 * Judges a run of which no process was found any more. Answers null where something of it lives all the same.
 *
 * @param doubtsOf what else may be left of it, looked for after its cgroup was found empty: what a process of the run leaves
 * when it ends, its subreaper has got by then. Null where something was found that is the run's
 */
export function proofOf(run: Run, doubtsOf: (run: Run) => readonly Doubt[] | null): Cleared | null {
  const {cgroup, lineage} = run;
  if (cgroup !== null && isPopulated(cgroup)) return null;
  // First: what it finds out may be a doubt.
  if (lineage?.isAlive() === true) return null;
  const doubts = doubtsOf(run);
  if (doubts === null) return null;
  for (const [pid, startTime] of run.orphans) {
    const stat = readStat(pid);
    if (stat?.startTime === startTime && !hasEnded(stat)) return null;
  }
  if (doubts.length > 0) return {proof: 'lineage', survivors: [], doubts};
  if (cgroup !== null) return {proof: 'cgroup', survivors: []};
  if (lineage === null) return {proof: 'lineage', survivors: []};
  const {gap} = lineage;
  return gap === null
    ? {proof: 'connector', survivors: []}
    : {proof: 'lineage', survivors: [], doubts: [{pid: null, startTime: null, words: gap}]};
}
