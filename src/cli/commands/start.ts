import {JSON_OPTION, TIMEOUT_OPTION, type Command} from '../framework/command.ts';
import {onTargets} from '../target/on-targets.ts';

export const start: Command = {
  name: 'start',
  summary: 'start workers, and return when they are ready',
  usage: 'start NAME...',
  description: `Starts workers that are stopped, finished or failed, and returns when they are ready.
Waits for their dependencies (\`requires\`, \`after\`).`,
  options: {...TIMEOUT_OPTION, ...JSON_OPTION},
  examples: [
    ['start web', 'all instances of web'],
    ['start web/2 db', 'one instance, and another worker'],
  ],
  completes: 'instances',
  execute: context => onTargets(context, 'start', {repeatable: true}),
};
