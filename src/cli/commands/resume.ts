import {JSON_OPTION, type Command} from '../framework/command.ts';
import {onTargets} from '../target/on-targets.ts';

export const resume: Command = {
  name: 'resume',
  summary: 'resume paused workers (SIGCONT to the whole tree)',
  usage: 'resume NAME...',
  description: `Sends SIGCONT to every process of the workers, and returns when they run again.`,
  options: JSON_OPTION,
  examples: [['resume web', 'all instances of web']],
  completes: 'instances',
  execute: context => onTargets(context, 'resume', {repeatable: true}),
};
