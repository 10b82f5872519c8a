import {JSON_OPTION, TIMEOUT_OPTION, type Command} from '../framework/command.ts';
import {onTargets} from '../target/on-targets.ts';

export const reload: Command = {
  name: 'reload',
  summary: 'restart workers, one instance after another',
  usage: 'reload NAME...',
  description: `Stops and starts one instance, waits until it is ready (without \`ready:\`, until it has run for a second), then
continues with the next. At the first failure, the reload ends and exits with 1: the failed instance is left to its restart
policy, and the remaining instances keep running untouched. Each instance is stopped before it is started again, even if it has
a socket channel: new connections wait in the socket's queue. Use it after a change of the program or its env_file; for a
changed fleet file, use \`apply\`.`,
  options: {...TIMEOUT_OPTION, ...JSON_OPTION},
  examples: [
    ['reload web', 'all instances of web, one at a time'],
    ['reload web --timeout 5m', 'waits at most 5 minutes; the reload itself continues'],
  ],
  completes: 'instances',
  execute: context => onTargets(context, 'reload', {repeatable: false}),
};
