/** The control client for programs: everything the command line can do, typed. */
import type {Client} from '../control/client.ts';
import {connectFleet, type ConnectOptions} from '../control/connect.ts';
import {resolveFleet} from '../control/find.ts';

export interface ConnectTo extends ConnectOptions {
  /** Whose fleet file counts where no name is given; default the working directory. */
  readonly cwd?: string;
  /** Default `process.env`: `BROOD_FLEET`, `BROOD_HOME`. */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Connects to a fleet: by name or id, else the worker's own (`BROOD_FLEET`), else the one of the fleet file in the
 * working directory.
 *
 * @throws FleetChoiceError if it can't be told which fleet is meant; NotRunningError if it has no supervisor.
 */
export async function connect(fleet?: string, {cwd, env, ...options}: ConnectTo = {}): Promise<Client> {
  const entry = await resolveFleet({fleet, cwd: cwd ?? process.cwd(), env: env ?? process.env});
  return connectFleet(entry.folder, options);
}
