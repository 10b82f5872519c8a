import {JSON_OPTION, TIMEOUT_OPTION, type Command} from '../framework/command.ts';
import {onTargets} from '../target/on-targets.ts';

export const stop: Command = {
  name: 'stop',
  summary: 'stop workers, and prove that nothing of them is left',
  usage: 'stop NAME...',
  description: `Stops workers: their stop signal, SIGKILL after their stop timeout, then whatever is left of their process trees.
Returns when nothing is left, and says how it knows; or names the survivors and exits 1.
They stay down until \`brood start\`, or until \`brood up\` after \`brood down\`.`,
  options: {...TIMEOUT_OPTION, ...JSON_OPTION},
  examples: [
    ['stop web', 'all instances of web'],
    ['stop web/2 --timeout 5s', 'one, and exit 124 if it takes longer'],
  ],
  completes: 'instances',
  execute: context => onTargets(context, 'stop', {repeatable: true}),
};
