/** What a worker finds in its environment beyond that in which the supervisor was started. Worked out anew each time. */
import {readFileSync} from 'node:fs';
import {findAccount} from './chain.ts';
import {inFolder} from '../control/folder.ts';
import {parseEnvFile} from '../fleet/env-file.ts';
import type {WorkerSpec} from '../fleet/types.ts';

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

/** Of an instance, not of a run: neither its token nor what it inherits is in it. */
export function ownEnvironment(
  spec: WorkerSpec,
  instance: {readonly id: string; readonly number: number},
  {fleet, fleetId, folder}: FleetContext,
): {readonly env: Env} | {readonly failure: EnvFailure} {
  const file = spec.envFile === null ? {env: {}} : readEnvFile(spec.envFile);
  if ('message' in file) return {failure: file};
  const account = spec.user === null ? null : findAccount(spec.user);
  const env = {
    ...(account ? {HOME: account.home, USER: account.name, LOGNAME: account.name} : {}),
    ...file.env,
    ...spec.env,
    BROOD_FLEET: fleet,
    BROOD_FLEET_ID: fleetId,
    BROOD_WORKER: instance.id,
    BROOD_INSTANCE: String(instance.number),
    BROOD_SOCKET: inFolder.socket(folder),
  };
  return {env};
}

function readEnvFile(path: string): {readonly env: Env} | EnvFailure {
  try {
    const {env, problems} = parseEnvFile(readFileSync(path, 'utf8'), path);
    const [first] = problems;
    return first ? {code: 'EINVAL', message: `${first.file}:${first.line}:${first.column}: ${first.message}`} : {env};
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'EUNKNOWN';
    return {code, message: `env_file ${path} can't be read (${code})`};
  }
}
