import {JSON_OPTION, type Command} from '../framework/command.ts';
import {onTargets} from '../target/on-targets.ts';

export const resume: Command = {
  name: 'resume',
  summary: 'let paused workers go on (SIGCONT to the whole tree)',
  usage: 'resume NAME...',
  description: `Sends SIGCONT to every process of the workers, and returns when they go on.`,
  options: JSON_OPTION,
  examples: [['resume web', 'all instances of web']],
  completes: 'instances',
  execute: context => onTargets(context, 'resume', {repeatable: true}),
};
