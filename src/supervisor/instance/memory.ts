/** What becomes of a run that was found to have more memory than it may: it is ended, and that counts as a failure. */
import {endRun} from './ending.ts';
import {memoryWords} from './exit.ts';
import {line, ofRun} from './journal.ts';
import {withRun} from './run.ts';

/** One that is wanted down goes when its turn comes, after those that depend on it. */
export const memoryExceeded = withRun<'memory-exceeded'>((instance, run, {bytes}, {spec}) => {
  const limit = spec.limits.memory;
  if (limit === null || bytes <= limit || instance.wanted === 'down') return [instance, []];
  const reason = memoryWords(spec, bytes);
  const [ended, effects] = endRun(instance, run, {why: 'memory', reason}, spec);
  return [ended, [line({type: 'memory-exceeded', ...ofRun(instance), bytes, limit}), ...effects]];
});
