import {JSON_OPTION, TIMEOUT_OPTION, type Command} from '../framework/command.ts';
import {onTargets} from '../target/on-targets.ts';

export const remove: Command = {
  name: 'remove',
  summary: 'stop workers and take them out of the fleet',
  usage: 'remove NAME...',
  description: `Stops workers, proves that nothing of them is left, and takes them out of the running fleet. One that the fleet
file describes is back with the next \`brood up\` or \`brood apply\`.`,
  options: {...TIMEOUT_OPTION, ...JSON_OPTION},
  examples: [['remove extra', 'a worker that was added by `brood add`']],
  completes: 'workers',
  execute: context => onTargets(context, 'remove', {repeatable: false}),
};
