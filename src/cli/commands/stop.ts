import {JSON_OPTION, TIMEOUT_OPTION, type Command} from '../framework/command.ts';
import {onTargets} from '../target/on-targets.ts';

export const stop: Command = {
  name: 'stop',
  summary: 'stop workers, and prove that no process of them is left',
  usage: 'stop NAME...',
  description: `Sends the stop signal, after the stop timeout SIGKILL, then kills whatever is left of the process trees. Returns
when nothing is left, and prints the proof; or names the survivors and exits with 1. The workers stay stopped until
\`brood start\`, or until \`brood up\` after \`brood down\`.`,
  options: {...TIMEOUT_OPTION, ...JSON_OPTION},
  examples: [
    ['stop web', 'all instances of web'],
    ['stop web/2 --timeout 5s', 'one instance; exits with 124 if it takes longer'],
  ],
  completes: 'instances',
  execute: context => onTargets(context, 'stop', {repeatable: true}),
};
