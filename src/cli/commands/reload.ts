import {JSON_OPTION, TIMEOUT_OPTION, type Command} from '../framework/command.ts';
import {onTargets} from '../target/on-targets.ts';

export const reload: Command = {
  name: 'reload',
  summary: 'restart workers, one instance after another',
  usage: 'reload NAME...',
  description: `Stops and starts one instance, waits until it is ready (one without \`ready:\` must run for a second), then goes on with
the next. When one fails, the reload ends and exits with 1: that one is left to its restart policy, and the instances whose turn had not come
stay as they run. Each instance is stopped before it is started again, also where it has a socket channel: what connects
meanwhile waits in the socket's queue. Use it after the program or its env_file has changed; what has changed in the fleet file,
\`apply\` makes true.`,
  options: {...TIMEOUT_OPTION, ...JSON_OPTION},
  examples: [
    ['reload web', 'all instances of web, one at a time'],
    ['reload web --timeout 5m', 'waits for so long; the reload itself goes on'],
  ],
  completes: 'instances',
  execute: context => onTargets(context, 'reload', {repeatable: false}),
};
