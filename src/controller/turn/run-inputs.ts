/** All that a keeper knows of a run, as the core is told it. */
import type {RunFact} from '../../link/runs.ts';
import type {Input} from '../../supervisor/types.ts';

/** Milliseconds since a process with that start time began. */
export type AgeOf = (startTime: string) => number;

/** In the order in which it happened. What the core knows already changes nothing. */
export function inputsOf(run: RunFact, ageOf: AgeOf): Input[] {
  const {token, pid, startTime, startedAt, adopted, failure, notice, exit, cleared, paused} = run;
  const inputs: Input[] = [];
  if (failure) inputs.push({type: 'spawn-failed', token, ...failure});
  if (pid !== null && startTime !== null && startedAt !== null) {
    inputs.push({type: 'spawned', token, pid, startTime, at: startedAt, adopted, ageMs: ageOf(startTime)});
    // Where another was the main process when it was spawned.
    inputs.push({type: 'main-process', token, pid, startTime});
    if (notice?.ready) inputs.push({type: 'said-ready', token});
  }
  if (exit === null && pid !== null) inputs.push({type: paused ? 'paused' : 'continued', token});
  if (exit) inputs.push({type: 'exited', token, ...exit});
  if (cleared) inputs.push({type: 'cleared', token, ...cleared});
  return inputs;
}

/** What there is to note of a run that the keeper knows; `notice`: where it was not started just now. */
export interface NotedRun extends Pick<RunFact, 'token' | 'logStart' | 'unenforced'> {
  readonly notice?: RunFact['notice'];
}
