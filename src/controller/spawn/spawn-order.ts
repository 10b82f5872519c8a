/** Builds the order to start a run from its worker's definition. Resolves environment and program anew each time. */
import {readyDescriptor} from '../../fleet/readiness.ts';
import {chainFor} from './exec-chain.ts';
import {readEnvFile} from './env-file.ts';
import {findProgramAs} from './find-program-as.ts';
import {grantEnvironment, grantsOf, listens} from './inherited.ts';
import type {OrderWithoutLease} from '../keeper/link.ts';
import {privilegesOf} from './privileges.ts';
import {findProgram, mayWaitFor, type FoundProgram} from './find-program.ts';
import {
  needsSocketFolder,
  findNotifyAddress,
  ownNotifyAddress,
  notifyEnvironment,
  type NotifyAddress,
} from './notify-environment.ts';
import {ownEnvironment, type Env, type FleetContext} from './environment.ts';
import type {ChannelSpec, WorkerSpec} from '../../fleet/types.ts';
import {instanceLogFolder} from '../../logs/layout.ts';

export interface SpawnContext extends FleetContext {
  /** The keeper's own nice value. */
  readonly baseNice: number;
  /** The PATH of the environment in which the supervisor was started. */
  readonly outerPath: string | undefined;
  readonly channels: readonly ChannelSpec[];
}

/** The run to start. */
export interface SpawnSubject {
  readonly spec: WorkerSpec;
  readonly instance: {readonly id: string; readonly number: number};
  readonly token: string;
}

export type SpawnPlan =
  | {readonly order: Extract<OrderWithoutLease, {type: 'spawn'}>}
  | {readonly failure: {readonly code: string; readonly message: string}};

/** Returns whether files must be read that are not the supervisor's own, which takes time and may never end. */
export const needsLooking = (
  {spec, token}: Pick<SpawnSubject, 'spec' | 'token'>,
  {folder, outerPath}: SpawnContext,
): boolean => {
  const {
    envFile,
    user,
    argv: [name = ''],
    cwd,
    env,
  } = spec;
  if (envFile !== null || user !== null || needsSocketFolder(spec, folder, token)) return true;
  return mayWaitFor(name, cwd, env['PATH'] ?? outerPath);
};

/** Plans a run of a worker that {@link needsLooking}. A problem is returned as a failed spawn. */
export async function planSpawnLooking(subject: SpawnSubject, context: SpawnContext): Promise<SpawnPlan> {
  const {spec, instance, token} = subject;
  const privileges = privilegesOf(spec);
  if ('message' in privileges) return {failure: privileges};
  const file = await readEnvFile(spec);
  if ('message' in file) return {failure: file};
  const own = ownEnvironment(spec, instance, context, file.env);
  const [name = ''] = spec.argv;
  const path = own['PATH'] ?? context.outerPath;
  const entersItself = spec.user !== null || mayWaitFor(name, spec.cwd, path);
  const found = entersItself ? await findProgramAs(spec, name, spec.cwd, path) : findProgram(name, spec.cwd, path);
  if ('message' in found) return {failure: found};
  const {account} = privileges;
  const notifyAddress = needsSocketFolder(spec, context.folder, token)
    ? await findNotifyAddress(context.folder, token, account !== null && account.uid !== process.getuid?.())
    : ownNotifyAddress(spec, context.folder, token);
  return assemble(subject, {...context, entersItself, notifyAddress}, own, found);
}

/** Plans a run of any other worker, synchronously. */
export function planSpawn(subject: SpawnSubject, context: SpawnContext): SpawnPlan {
  const {spec, instance, token} = subject;
  const own = ownEnvironment(spec, instance, context, {});
  const [name = ''] = spec.argv;
  const found = findProgram(name, spec.cwd, own['PATH'] ?? context.outerPath);
  const notifyAddress = ownNotifyAddress(spec, context.folder, token);
  return assemble(subject, {...context, entersItself: false, notifyAddress}, own, found);
}

function assemble(
  {spec, instance, token}: SpawnSubject,
  context: SpawnContext & {readonly entersItself: boolean; readonly notifyAddress: NotifyAddress | null},
  own: Env,
  program: FoundProgram,
): SpawnPlan {
  if ('message' in program) return {failure: program};
  const grants = grantsOf(spec, context.channels);
  const chain = chainFor(spec, {
    baseNice: context.baseNice,
    entersItself: context.entersItself,
    ownPid: [...(listens(grants) ? ['LISTEN_PID'] : []), ...(spec.watchdogMs === null ? [] : ['WATCHDOG_PID'])],
  });
  if ('message' in chain) return {failure: chain};
  const {account, entry} = chain;
  const {notifyAddress} = context;
  if (notifyAddress !== null && 'message' in notifyAddress) return {failure: notifyAddress};
  const notify = notifyAddress?.path ?? null;
  const [first] = chain.argv;
  return {
    order: {
      type: 'spawn',
      token,
      id: instance.id,
      file: first ?? program.file,
      argv: first === undefined ? spec.argv : [...chain.argv, program.file, ...spec.argv.slice(1)],
      // Another user's folder is entered as that user, and one that may not answer by a process that may block.
      cwd: entry?.cwd == null ? spec.cwd : '/',
      env: {...own, BROOD_RUN: token, ...grantEnvironment(grants), ...notifyEnvironment(spec, notify)},
      inherit: spec.envInherit,
      entry,
      owner: account && {uid: account.uid, gid: account.gid},
      logFolder: instanceLogFolder(context.folder, instance.id),
      logMaxSize: spec.logs.maxSize,
      channels: grants,
      notify,
      readyFd: readyDescriptor(spec),
      limits: {memory: spec.limits.memory, cpu: spec.limits.cpu},
      stopSignal: spec.stop.signal,
      stopTimeoutMs: spec.stop.timeoutMs,
    },
  };
}
