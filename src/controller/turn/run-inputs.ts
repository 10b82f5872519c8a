/** Converts a keeper's record of a run to inputs for the core. */
import type {RunFact} from '../../link/runs.ts';
import type {Input} from '../../supervisor/types.ts';

/** Returns the milliseconds since a process with this start time began. */
export type AgeOf = (startTime: string) => number;

/** Returns the inputs in the order of the events. Those that the core has already handled change nothing. */
export function inputsOf(run: RunFact, ageOf: AgeOf): Input[] {
  const {token, pid, startTime, startedAt, adopted, failure, notice, exit, cleared, paused} = run;
  const inputs: Input[] = [];
  if (failure) inputs.push({type: 'spawn-failed', token, ...failure});
  if (pid !== null && startTime !== null && startedAt !== null) {
    inputs.push({type: 'spawned', token, pid, startTime, at: startedAt, adopted, ageMs: ageOf(startTime)});
    // Another process may have been the main one at the spawn.
    inputs.push({type: 'main-process', token, pid, startTime});
    if (notice?.ready) inputs.push({type: 'said-ready', token});
  }
  if (exit === null && pid !== null) inputs.push({type: paused ? 'paused' : 'continued', token});
  if (exit) inputs.push({type: 'exited', token, ...exit});
  if (cleared) inputs.push({type: 'cleared', token, ...cleared});
  return inputs;
}

/** What to record about a run that the keeper knows; `notice` only if the run was not started just now. */
export interface NotedRun extends Pick<RunFact, 'token' | 'logStart' | 'unenforced'> {
  readonly notice?: RunFact['notice'];
}
