/** Ends a run that exceeds its memory limit, which counts as a failure. */
import {endRun} from './ending.ts';
import {memoryWords} from './exit.ts';
import {line, ofRun} from './journal.ts';
import {withRun} from './run.ts';

/** An instance that is wanted down ends when its turn comes, after its dependents. */
export const memoryExceeded = withRun<'memory-exceeded'>((instance, run, {bytes}, {spec}) => {
  const limit = spec.limits.memory;
  if (limit === null || bytes <= limit || instance.wanted === 'down') return [instance, []];
  const reason = memoryWords(spec, bytes);
  const [ended, effects] = endRun(instance, run, {why: 'memory', reason}, spec);
  return [ended, [line({type: 'memory-exceeded', ...ofRun(instance), bytes, limit}), ...effects]];
});
