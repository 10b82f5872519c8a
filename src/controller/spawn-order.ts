/** From a worker's definition to the order to start one run of it. Environment and program are worked out anew each time. */
import {chainFor, findAccount} from './chain.ts';
import {grantEnvironment, grantsOf} from './grants.ts';
import type {OrderWithoutLease} from './keeper-link.ts';
import {findProgram} from './program.ts';
import {hasVoice, notifyAddress, voiceEnvironment} from './voice.ts';
import {ownEnvironment, type Env, type FleetContext} from './worker-environment.ts';
import type {ChannelSpec, WorkerSpec} from '../fleet/types.ts';
import {instanceLogFolder} from '../logs/layout.ts';

export interface SpawnContext extends FleetContext {
  /** The keeper's own nice value. */
  readonly baseNice: number;
  /** The PATH of the environment in which the supervisor was started. */
  readonly outerPath: string | undefined;
  readonly channels: readonly ChannelSpec[];
}

export type SpawnPlan =
  | {readonly order: Extract<OrderWithoutLease, {type: 'spawn'}>}
  | {readonly failure: {readonly code: string; readonly message: string}};

/** Works out how to start a run; what is wrong beforehand is said as a failed spawn would be. */
export function planSpawn(
  spec: WorkerSpec,
  instance: {id: string; number: number},
  token: string,
  context: SpawnContext,
): SpawnPlan {
  const own = ownEnvironment(spec, instance, context);
  if ('failure' in own) return own;
  const grants = grantsOf(spec, context.channels);
  const account = spec.user === null ? null : findAccount(spec.user);
  const notify = hasVoice(spec) ? notifyAddress(context.folder, token, account !== null) : null;
  const env: Env = {...own.env, BROOD_RUN: token, ...grantEnvironment(grants), ...voiceEnvironment(spec, notify)};
  const [name = ''] = spec.argv;
  const program = findProgram(name, spec.cwd, env['PATH'] ?? context.outerPath);
  if ('message' in program) return {failure: program};
  const chain = chainFor(spec, context.baseNice, [
    ...(grants.sockets.length > 0 ? ['LISTEN_PID'] : []),
    ...(spec.watchdogMs === null ? [] : ['WATCHDOG_PID']),
  ]);
  if ('message' in chain) return {failure: chain};
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
      notify,
      readyFd: spec.ready?.kind === 'fd' ? spec.ready.fd : null,
      limits: {memory: spec.limits.memory, cpu: spec.limits.cpu},
      stopSignal: spec.stop.signal,
      stopTimeoutMs: spec.stop.timeoutMs,
    },
  };
}
