import type {Command} from '../framework/command.ts';
import {ExitCode, UsageError} from '../framework/errors.ts';
import {printHelp, printOverview} from '../framework/help.ts';
import {nearest} from '../../fleet/values/nearest.ts';

export const help: Command = {
  name: 'help',
  summary: 'list the commands, or explain one',
  usage: 'help [COMMAND]',
  description: 'Lists all commands, or explains one with examples.',
  options: {},
  examples: [['help logs', 'the same as `brood logs --help`']],
  completes: 'commands',
  async execute(context) {
    const {table} = context;
    const [name] = context.positionals;
    if (name === undefined) {
      printOverview(context, await table.loadAll(), table.groups);
      return ExitCode.done;
    }
    const command = table.names.includes(name) ? await table.load(name) : null;
    if (!command) {
      const meant = nearest(name, table.names);
      throw new UsageError(
        `unknown command ${JSON.stringify(name)}${meant === undefined ? '' : `; did you mean ${meant}?`}`,
      );
    }
    printHelp(context, command);
    return ExitCode.done;
  },
};
