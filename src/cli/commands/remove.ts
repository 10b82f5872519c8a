import {JSON_OPTION, TIMEOUT_OPTION, type Command} from '../framework/command.ts';
import {onTargets} from '../target/on-targets.ts';

export const remove: Command = {
  name: 'remove',
  summary: 'stop workers and remove them from the fleet',
  usage: 'remove NAME...',
  description: `Stops workers, proves that nothing of them is left, and removes them from the running fleet. The next \`brood up\` or
\`brood apply\` adds workers in the fleet file again.`,
  options: {...TIMEOUT_OPTION, ...JSON_OPTION},
  examples: [['remove extra', 'a worker added by `brood add`']],
  completes: 'workers',
  execute: context => onTargets(context, 'remove', {repeatable: false}),
};
