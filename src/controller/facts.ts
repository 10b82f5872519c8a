/** From what the keeper says to what the heart is told. */
import type {Fact, RunFact} from '../keeper/messages.ts';
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
    case 'handshake':
    case 'upgrade-prepared':
    case 'upgrade-failed':
    case 'upgraded':
      return null;
  }
}

/** Milliseconds since a process with that start time began. */
export type AgeOf = (startTime: string) => number;

/** All that a keeper knows of a run, told in the order in which it happened. What the heart knows already changes nothing. */
export function inputsOf(run: RunFact, ageOf: AgeOf): Input[] {
  const {token, pid, startTime, startedAt, adopted, failure, exit, cleared, paused} = run;
  const inputs: Input[] = [];
  if (failure) inputs.push({type: 'spawn-failed', token, ...failure});
  if (pid !== null && startTime !== null && startedAt !== null) {
    inputs.push({type: 'spawned', token, pid, startTime, at: startedAt, adopted, ageMs: ageOf(startTime)});
  }
  if (exit === null && pid !== null) inputs.push({type: paused ? 'paused' : 'continued', token});
  if (exit) inputs.push({type: 'exited', token, ...exit});
  if (cleared) inputs.push({type: 'cleared', token, ...cleared});
  return inputs;
}
