/** The variables that a worker gets besides those with which the supervisor was started. Computed anew each time. */
import {findAccount} from './accounts.ts';
import {inFolder} from '../../control/folder.ts';
import type {WorkerSpec} from '../../fleet/types.ts';

export type Env = Readonly<Record<string, string>>;

export interface FleetContext {
  readonly fleet: string;
  readonly fleetId: string;
  readonly folder: string;
}

export interface EnvFailure {
  readonly code: string;
  readonly message: string;
}

/** Returns the variables of an instance, without those of a run (token, channels). `fileEnv` is from its `env_file`. */
export function ownEnvironment(
  spec: WorkerSpec,
  instance: {readonly id: string; readonly number: number},
  {fleet, fleetId, folder}: FleetContext,
  fileEnv: Env,
): Env {
  return {
    ...accountEnvironment(spec.user),
    ...fileEnv,
    ...spec.env,
    BROOD_FLEET: fleet,
    BROOD_FLEET_ID: fleetId,
    BROOD_WORKER: instance.id,
    BROOD_INSTANCE: String(instance.number),
    BROOD_SOCKET: inFolder.socket(folder),
  };
}

function accountEnvironment(user: string | null): Env {
  const account = user === null ? null : findAccount(user);
  if (account === null) return {};
  const {name, home, shell} = account;
  return {
    HOME: home,
    ...(name === null ? {} : {USER: name, LOGNAME: name}),
    ...(shell === null ? {} : {SHELL: shell}),
  };
}
