/** From what the keeper says to what the heart is told. */
import type {Fact, RunFact} from '../keeper/messages.ts';
import type {Heart} from '../supervisor/index.ts';
import type {Input} from '../supervisor/types.ts';

/** What a fact about a run means to the heart; null where it is none of its business. */
export function inputOf(fact: Fact): Input | null {
  switch (fact.type) {
    case 'spawned': {
      const {type, token, pid, startTime, at} = fact;
      return {type, token, pid, startTime, at};
    }
    case 'spawn-failed':
    case 'exited':
    case 'cleared':
    case 'paused':
    case 'continued':
      return fact;
    case 'welcome':
    case 'run':
    case 'orphan':
    case 'orphan-ended':
    case 'wrote':
    case 'rotated':
    case 'output-held':
    case 'signalled':
    case 'reply':
    case 'beat':
      return null;
  }
}

/** All that a keeper knows of a run, told in the order in which it happened. What the heart knows already changes nothing. */
export function inputsOf(run: RunFact): Input[] {
  const {token, pid, startTime, startedAt, adopted, failure, exit, cleared, paused} = run;
  const inputs: Input[] = [];
  if (failure) inputs.push({type: 'spawn-failed', token, ...failure});
  if (pid !== null && startTime !== null && startedAt !== null) {
    inputs.push({type: 'spawned', token, pid, startTime, at: startedAt, adopted});
  }
  if (exit === null && pid !== null) inputs.push({type: paused ? 'paused' : 'continued', token});
  if (exit) inputs.push({type: 'exited', token, ...exit});
  if (cleared) inputs.push({type: 'cleared', token, ...cleared});
  return inputs;
}

export interface Reconciled {
  readonly inputs: readonly Input[];
  /** Runs that live and that the heart does not know: to be ended, so that no instance has two main processes. */
  readonly strays: readonly RunFact[];
}

/** Compares what the heart believes with what the keeper knows, after either of them was lost. */
export function reconcile(heart: Heart, runs: readonly RunFact[], wall: number): Reconciled {
  const inputs: Input[] = [];
  const strays: RunFact[] = [];
  const known = new Set(runs.map(run => run.token));
  for (const run of runs) {
    if (heart.byToken(run.token)) inputs.push(...inputsOf(run));
    else if (run.cleared !== null || run.failure !== null) {
      inputs.push({type: 'cleared', token: run.token, proof: 'lineage', survivors: []}); // so that it is forgotten
    } else strays.push(run);
  }
  for (const {run, clearing} of heart.instances()) {
    // Its record is gone, so nobody can tell how it ended; a run that was never spawned is spawned by what is replayed.
    if (run !== null && run.pid !== null && !known.has(run.token)) {
      inputs.push({type: 'exited', token: run.token, code: null, signal: null, at: wall});
      inputs.push({type: 'cleared', token: run.token, proof: 'lineage', survivors: []});
    }
    if (clearing !== null && !known.has(clearing)) {
      inputs.push({type: 'cleared', token: clearing, proof: 'lineage', survivors: []});
    }
  }
  return {inputs, strays};
}
