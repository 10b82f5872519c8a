/** Ends runs that leave zombies, if their definition requires that. */
import {endRun} from './ending.ts';
import {line, ofRun} from './journal.ts';
import {zombieWords} from './exit.ts';
import {withRun} from './run.ts';

/**
 * Ends the run, which counts as a failure. With the parent the zombies are gone, too, since init or brood reaps them. A
 * paused run can't reap, and an instance that is wanted down ends when its turn comes.
 */
export const zombieLeft = withRun<'zombie-left'>((instance, run, {pid, name}, {spec}) => {
  if (spec.zombies !== 'restart' || run.pausedAt !== null || instance.wanted === 'down') return [instance, []];
  const [ended, effects] = endRun(instance, run, {why: 'zombies', reason: zombieWords(pid, name)}, spec);
  return [ended, [line({type: 'zombie-left', ...ofRun(instance), zombie: pid, name}), ...effects]];
});
