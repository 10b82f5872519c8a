import {JSON_OPTION, type Command} from '../framework/command.ts';
import {onTargets} from '../target/on-targets.ts';

export const pause: Command = {
  name: 'pause',
  summary: 'pause workers (SIGSTOP to the whole tree)',
  usage: 'pause NAME...',
  description: `Sends SIGSTOP to every process of the workers, and returns when they have stopped. Their health checks and
watchdogs are suspended. \`brood resume\` continues the workers; \`brood stop\` can still stop them.`,
  options: JSON_OPTION,
  examples: [['pause web', 'all instances of web']],
  completes: 'instances',
  execute: context => onTargets(context, 'pause', {repeatable: true}),
};
