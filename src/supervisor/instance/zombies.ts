/** What becomes of a run in whose tree the dead are not waited for, where its definition wants it to be ended for that. */
import {endRun} from './ending.ts';
import {line, ofRun} from './journal.ts';
import {zombieWords} from './exit.ts';
import {withRun} from './run.ts';

/**
 * That counts as a failure: with the parent the zombies are gone, too, since init or brood waits for them. One that is
 * paused can't wait for anybody; one that is wanted down goes when its turn comes.
 */
export const zombieLeft = withRun<'zombie-left'>((instance, run, {pid, name}, {spec}) => {
  if (spec.zombies !== 'restart' || run.pausedAt !== null || instance.wanted === 'down') return [instance, []];
  const [ended, effects] = endRun(instance, run, {why: 'zombies', reason: zombieWords(pid, name)}, spec);
  return [ended, [line({type: 'zombie-left', ...ofRun(instance), zombie: pid, name}), ...effects]];
});
