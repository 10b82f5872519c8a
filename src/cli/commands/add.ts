import {fleetFolder} from '../../control/folder.ts';
import {FleetChoiceError, NotRunningError} from '../../control/errors.ts';
import {readFleet, resolveFleet, type FleetEntry} from '../../control/find.ts';
import type {Params} from '../../control/messages.ts';
import {JSON_OPTION, textOf, type Command, type Context} from '../framework/command.ts';
import {CliError, ExitCode, UsageError} from '../framework/errors.ts';
import {notRunning, type Connected} from '../target/fleet.ts';
import {printOutcomes} from '../target/outcomes.ts';
import {reach} from '../target/reach.ts';
import {callAndWait} from '../target/wait.ts';

const POLICIES = ['always', 'on-failure', 'never'];

export const add: Command = {
  name: 'add',
  summary: 'add a worker to a running fleet',
  usage: 'add [--name NAME] [--restart POLICY] -- COMMAND [ARGUMENT...]',
  description: `Runs a command as a worker of the fleet, in the current folder. Without a fleet file here, the worker is added to
the fleet \`default\`, which is started if necessary. The worker lasts until \`brood remove\` or \`brood down\`.`,
  options: {
    name: {type: 'string', short: 'n', value: 'NAME', help: "the worker's name; default: the program's name"},
    restart: {type: 'string', value: 'POLICY', help: 'always (default), on-failure or never', choices: POLICIES},
    ...JSON_OPTION,
  },
  examples: [
    ['add -- node server.js', 'a worker named node'],
    ['add --name tick --restart never -- sh -c "sleep 5; date"', 'a worker that runs once'],
  ],
  completes: 'files',
  async execute(context) {
    const {positionals: argv, cwd} = context;
    if (argv.length === 0) throw new UsageError('missing COMMAND');
    const name = textOf(context, 'name');
    const restart = textOf(context, 'restart');
    if (restart !== undefined && !POLICIES.includes(restart)) {
      throw new UsageError(`--restart ${restart}: expected one of ${POLICIES.join(', ')}`);
    }
    const params: Params<'add'> = {
      argv,
      cwd,
      ...(name === undefined ? {} : {name}),
      ...(restart === undefined ? {} : {restart}),
    };
    const connected = await connectOrStart(context);
    try {
      return printOutcomes(context, await callAndWait(context, connected, 'add', params, {repeatable: false}));
    } finally {
      connected.client.close();
    }
  },
};

/**
 * Connects to the fleet. Starts it only if it has no file: `brood up` starts a fleet with a file, with all its workers.
 */
async function connectOrStart(context: Context): Promise<Connected> {
  const entry = await existing(context);
  if (entry) {
    try {
      return {entry, client: await reach(entry.folder)};
    } catch (error) {
      if (!(error instanceof NotRunningError)) throw error;
      if (entry.file !== null) throw notRunning(entry);
    }
  }
  const folder = entry?.folder ?? fleetFolder('default', null, context.env);
  const {launch} = await import('../up/launch.ts');
  const fleet = {name: entry?.name ?? 'default', file: null, dir: context.cwd, workers: [], groups: [], channels: []};
  const result = await launch({folder, fleet, only: null, attached: false});
  // `refused` is no error: another process has started the fleet at the same moment.
  if (result.kind === 'failed') throw new CliError(ExitCode.failed, result.message);
  const client = await reach(folder);
  const started = readFleet(folder);
  if (started) return {entry: started, client};
  client.close();
  throw new CliError(ExitCode.failed, `the fleet was started, but there is no record of it in ${folder}`);
}

async function existing({env, cwd, ...context}: Context): Promise<FleetEntry | null> {
  const fleet = textOf({...context, env, cwd}, 'fleet');
  try {
    return await resolveFleet({fleet, cwd, env});
  } catch (error) {
    if (!(error instanceof FleetChoiceError)) throw error;
    const named = fleet ?? env['BROOD_FLEET'];
    if (error.kind === 'missing' && (named === undefined || named === 'default')) return null;
    throw new CliError(error.kind === 'missing' ? ExitCode.notRunning : ExitCode.usage, error.message);
  }
}
