/** Proves that nothing of a run is left, from all sources together: none may contradict the source that is named. */
import {isPopulated} from '../cgroup/cgroup.ts';
import type {Cleared} from '../../link/runs.ts';
import type {Doubt} from '../../base/proof.ts';
import type {Run} from '../runs/run.ts';
import {hasEnded, readStat} from '../../process/stat.ts';

/**
 * Judges a run of which no process is found any more. Returns null if something of it lives after all.
 *
 * @param doubtsOf returns what else may be left of the run, or null if it has found something of the run. Called after
 * the cgroup was found empty: by then the subreaper has what a process of the run leaves when it ends
 */
export function proofOf(run: Run, doubtsOf: (run: Run) => readonly Doubt[] | null): Cleared | null {
  const {cgroup, lineage} = run;
  if (cgroup !== null && isPopulated(cgroup)) return null;
  // First, since `isAlive` may set `gap`.
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
