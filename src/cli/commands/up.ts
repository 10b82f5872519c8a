import {resolve} from 'node:path';
import {fleetFolder} from '../../control/folder.ts';
import {readFleet} from '../../control/find.ts';
import {nearest} from '../../fleet/values/nearest.ts';
import type {FleetSpec} from '../../fleet/types.ts';
import {mustBeTrusted} from '../../home/check.ts';
import {atMost, timeoutOf} from '../framework/arguments.ts';
import {isSet, textOf, TIMEOUT_OPTION, type Command, type Context} from '../framework/command.ts';
import {releaseSignals} from '../framework/early-signals.ts';
import {CliError, ExitCode, UsageError} from '../framework/errors.ts';
import {readFleetFile} from '../target/fleet-file.ts';
import {connect} from '../target/fleet.ts';
import {count} from '../../base/format.ts';
import {Foreground} from '../up/foreground.ts';
import {launch} from '../up/launch.ts';
import {printOutcomes} from '../target/outcomes.ts';
import {callAndWait} from '../target/wait.ts';

export const up: Command = {
  name: 'up',
  summary: 'start the supervisor and its workers',
  usage: 'up [FILE] [-d] [--wait] [--only NAME,...]',
  description: `Starts the fleet that FILE describes (default ./brood.yaml, or a Procfile). In the foreground it shows the output of the
workers; Ctrl-C stops the fleet in order, a second Ctrl-C at once. With -d it returns when the supervisor answers; with --wait,
when every worker is ready, or with exit code 1 when one has failed. If the file has errors, nothing is started.`,
  options: {
    detach: {type: 'boolean', short: 'd', help: 'return when the supervisor answers; the fleet keeps running'},
    wait: {type: 'boolean', help: 'return when every worker is ready; implies -d'},
    only: {type: 'string', value: 'NAME,...', help: 'start only these workers; the others are stopped'},
    ...TIMEOUT_OPTION,
  },
  examples: [
    ['up', 'in the foreground'],
    ['up -d --wait --timeout 1m', 'in the background; returns when all workers are ready'],
    ['up Procfile --only web,db', 'part of a Procfile'],
  ],
  completes: 'files',
  async execute(context) {
    atMost(context, 1);
    const timeoutMs = timeoutOf(context);
    const fleet = await readFleetFile(context);
    const only = onlyOf(context, fleet);
    const folder = fleetFolder(fleet.name, fleet.file ?? resolve(context.cwd), context.env);
    // Before anything in the folder is read: another user may have put any content there.
    mustBeTrusted(folder);
    const running = readFleet(folder);
    if (running?.alive) throw alreadyRunning(fleet, running.lock?.pid);
    const foreground =
      isSet(context, 'detach') || isSet(context, 'wait') ? null : new Foreground(context, folder, fleet.name);
    if (!foreground) releaseSignals();
    const keeper = await start(folder, fleet, only, foreground !== null);
    if (foreground) return foreground.run();
    context.out.line(`fleet ${fleet.name} is up: ${count(fleet.workers.length, 'worker')}, supervisor pid ${keeper}`);
    context.out.flush();
    return isSet(context, 'wait') ? waitUntilReady(context, folder, timeoutMs) : ExitCode.done;
  },
};

async function start(
  folder: string,
  fleet: FleetSpec,
  only: readonly string[] | null,
  attached: boolean,
): Promise<number> {
  const result = await launch({folder, fleet, only, attached});
  switch (result.kind) {
    case 'started':
      return result.keeper;
    case 'refused':
      throw alreadyRunning(fleet, undefined, result.message);
    case 'failed':
      throw new CliError(ExitCode.failed, result.message);
  }
}

function alreadyRunning(fleet: FleetSpec, pid?: number, message?: string): CliError {
  const what = message?.includes('already running')
    ? message
    : `fleet ${fleet.name} is already running${pid === undefined ? '' : ` (supervisor pid ${pid})`}${message === undefined ? '' : `: ${message}`}`;
  const hint = what.includes('brood apply')
    ? ''
    : '. `brood apply` applies a changed fleet file, `brood down` stops the fleet';
  return new CliError(ExitCode.failed, what.replace(/\.$/, '') + hint);
}

function onlyOf(context: Context, fleet: FleetSpec): readonly string[] | null {
  const text = textOf(context, 'only');
  if (text === undefined) return null;
  const names = fleet.workers.map(({name}) => name);
  const only = text.split(',').map(name => name.trim());
  for (const name of only) {
    if (names.includes(name)) continue;
    const meant = nearest(name, names);
    throw new UsageError(
      `--only: no such worker: ${JSON.stringify(name)}${meant === undefined ? '' : `; did you mean ${meant}?`}`,
    );
  }
  return only;
}

async function waitUntilReady(context: Context, folder: string, timeoutMs: number | undefined): Promise<number> {
  const entry = readFleet(folder);
  if (!entry) throw new CliError(ExitCode.failed, `the fleet was started, but there is no record of it in ${folder}`);
  const client = await connect(entry);
  try {
    const params = timeoutMs === undefined ? {} : {timeoutMs};
    const result = await callAndWait(context, {entry, client}, 'wait', params, {timeoutMs, repeatable: true});
    const failed = result.outcomes.filter(({ok}) => !ok);
    if (failed.length > 0) return printOutcomes(context, {ok: false, outcomes: failed});
    context.out.line(`${count(result.outcomes.length, 'instance')} ready`);
    return result.ok ? ExitCode.done : ExitCode.failed;
  } finally {
    client.close();
  }
}
