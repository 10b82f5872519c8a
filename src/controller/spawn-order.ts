/** From a worker's definition to the order to start one run of it. Environment and program are worked out anew each time. */
import {readFileSync} from 'node:fs';
import {chainFor, findAccount} from './chain.ts';
import {grantEnvironment, grantsOf} from './grants.ts';
import type {OrderWithoutLease} from './keeper-link.ts';
import {findProgram} from './program.ts';
import {inFolder} from '../control/folder.ts';
import {parseEnvFile} from '../fleet/env-file.ts';
import type {ChannelSpec, WorkerSpec} from '../fleet/types.ts';
import {instanceLogFolder} from '../logs/layout.ts';

export interface SpawnContext {
  readonly fleet: string;
  readonly fleetId: string;
  readonly folder: string;
  /** The keeper's own nice value. */
  readonly baseNice: number;
  /** The PATH of the environment in which the supervisor was started. */
  readonly outerPath: string | undefined;
  readonly channels: readonly ChannelSpec[];
}

export type SpawnPlan =
  | {readonly order: Extract<OrderWithoutLease, {type: 'spawn'}>}
  | {readonly failure: {readonly code: string; readonly message: string}};

type Env = Readonly<Record<string, string>>;

function readEnvFile(path: string): {env: Env} | {message: string; code: string} {
  try {
    const {env, problems} = parseEnvFile(readFileSync(path, 'utf8'), path);
    const [first] = problems;
    return first ? {code: 'EINVAL', message: `${first.file}:${first.line}:${first.column}: ${first.message}`} : {env};
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'EUNKNOWN';
    return {code, message: `env_file ${path} can't be read (${code})`};
  }
}

/** Works out how to start a run; what is wrong beforehand is said as a failed spawn would be. */
export function planSpawn(
  spec: WorkerSpec,
  instance: {id: string; number: number},
  token: string,
  context: SpawnContext,
): SpawnPlan {
  let env: Env = {};
  if (spec.envFile !== null) {
    const read = readEnvFile(spec.envFile);
    if ('message' in read) return {failure: read};
    env = read.env;
  }
  const grants = grantsOf(spec, context.channels);
  const account = spec.user === null ? null : findAccount(spec.user);
  env = {
    ...(account ? {HOME: account.home, USER: account.name, LOGNAME: account.name} : {}),
    ...env,
    ...spec.env,
    BROOD_FLEET: context.fleet,
    BROOD_FLEET_ID: context.fleetId,
    BROOD_WORKER: instance.id,
    BROOD_INSTANCE: String(instance.number),
    BROOD_SOCKET: inFolder.socket(context.folder),
    BROOD_RUN: token,
    ...grantEnvironment(grants),
  };
  const [name = ''] = spec.argv;
  const program = findProgram(name, spec.cwd, env['PATH'] ?? context.outerPath);
  if ('message' in program) return {failure: program};
  const chain = chainFor(spec, context.baseNice, grants.sockets.length > 0);
  if ('message' in chain) return {failure: {code: 'ENOENT', message: chain.message}};
  const [first] = chain.argv;
  return {
    order: {
      type: 'spawn',
      token,
      id: instance.id,
      file: first ?? program.file,
      argv: first === undefined ? spec.argv : [...chain.argv, program.file, ...spec.argv.slice(1)],
      cwd: spec.cwd,
      env,
      inherit: spec.envInherit,
      owner: account && {uid: account.uid, gid: account.gid},
      logFolder: instanceLogFolder(context.folder, instance.id),
      logMaxSize: spec.logs.maxSize,
      ...grants,
      stopSignal: spec.stop.signal,
      stopTimeoutMs: spec.stop.timeoutMs,
    },
  };
}
