/** The control client for programs: all functions of the command line, typed. */
import type {Client} from '../control/client.ts';
import {connectFleet, type ConnectOptions} from '../control/connect.ts';
import {resolveFleet} from '../control/find.ts';

export interface ConnectTo extends ConnectOptions {
  /** The folder whose fleet file counts if no name is given; default: the working directory. */
  readonly cwd?: string;
  /** The source of `BROOD_FLEET` and `BROOD_HOME`; default: `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Connects to a fleet: by name or id, otherwise the worker's own (`BROOD_FLEET`), otherwise that of the fleet file in
 * the working directory.
 *
 * @throws FleetChoiceError if the fleet can't be determined; NotRunningError if it has no supervisor.
 */
export async function connect(fleet?: string, {cwd, env, ...options}: ConnectTo = {}): Promise<Client> {
  const entry = await resolveFleet({fleet, cwd: cwd ?? process.cwd(), env: env ?? process.env});
  return connectFleet(entry.folder, options);
}
