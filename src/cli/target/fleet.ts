/** Chooses the fleet of a command, and connects to it. */
import {hasCode} from '../../base/errors.ts';
import type {Client} from '../../control/client.ts';
import {ConnectionLostError, FleetChoiceError, NotRunningError} from '../../control/errors.ts';
import {resolveFleet, type FleetEntry} from '../../control/find.ts';
import {textOf, type Context} from '../framework/command.ts';
import {CliError, ExitCode} from '../framework/errors.ts';
import {reach} from './reach.ts';

/** @throws CliError 2 if the fleet can't be determined, 3 if there is none. */
export async function chooseFleet(context: Context): Promise<FleetEntry> {
  try {
    return await resolveFleet({fleet: textOf(context, 'fleet'), cwd: context.cwd, env: context.env});
  } catch (error) {
    if (!(error instanceof FleetChoiceError)) throw error;
    throw new CliError(error.kind === 'missing' ? ExitCode.notRunning : ExitCode.usage, error.message, error.more);
  }
}

/** Connects to a controller that answers. @throws CliError 3 if no supervisor is running, 1 if none answers. */
export async function connect(entry: FleetEntry): Promise<Client> {
  try {
    return await reach(entry.folder);
  } catch (error) {
    throw connectError(entry, error);
  }
}

/** Converts a connection error to a CliError if its cause is known; returns other errors unchanged. */
export function connectError(entry: FleetEntry, error: unknown): unknown {
  if (error instanceof NotRunningError) return notRunning(entry);
  if (error instanceof ConnectionLostError) return new CliError(ExitCode.failed, error.message);
  if (hasCode(error, 'EACCES')) {
    return new CliError(
      ExitCode.failed,
      `no permission to open the control socket of fleet ${entry.name}: the fleet belongs to another user`,
    );
  }
  return error;
}

export const notRunning = ({name, file}: FleetEntry): CliError =>
  new CliError(
    ExitCode.notRunning,
    `fleet ${name} is not running${file === null ? '' : `: no supervisor for ${file}`}. \`brood up\` starts it.`,
  );

export interface Connected {
  readonly entry: FleetEntry;
  readonly client: Client;
}

/** Chooses the fleet and connects to it. */
export async function connectChosen(context: Context): Promise<Connected> {
  const entry = await chooseFleet(context);
  return {entry, client: await connect(entry)};
}

/** Calls `use` with a connection, then closes it. */
export async function withClient<T>(context: Context, use: (connected: Connected) => Promise<T>): Promise<T> {
  const connected = await connectChosen(context);
  try {
    return await use(connected);
  } finally {
    connected.client.close();
  }
}
