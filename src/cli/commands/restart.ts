import {JSON_OPTION, TIMEOUT_OPTION, type Command} from '../framework/command.ts';
import {onTargets} from '../target/on-targets.ts';

export const restart: Command = {
  name: 'restart',
  summary: 'stop workers and start them again',
  usage: 'restart NAME...',
  description: `Stops workers, starts them again, and returns when they are ready. All instances of a worker are restarted at once.`,
  options: {...TIMEOUT_OPTION, ...JSON_OPTION},
  examples: [
    ['restart web', 'all instances of web'],
    ['restart web/2', 'one of them'],
  ],
  completes: 'instances',
  execute: context => onTargets(context, 'restart', {repeatable: false}),
};
