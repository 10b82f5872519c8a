/**
 * Runs programs for a worker and waits for them: probes and hooks. They have the worker's environment and user, and run
 * in the fleet file's folder. They carry no run's token: they belong to the supervisor and not to a run, whose end must
 * neither end them nor wait for them.
 */
import {chainFor} from './exec-chain.ts';
import {readEnvFile} from './env-file.ts';
import {findProgramAs} from './find-program-as.ts';
import {findProgram, mayWaitFor} from './find-program.ts';
import {runProgram} from './run-program.ts';
import {ownEnvironment, type Env, type FleetContext} from './environment.ts';
import type {WorkerSpec} from '../../fleet/types.ts';
import {entryScript, TOOL_ENVIRONMENT} from '../../process/entry-script.ts';
import {inheritedBy, outerEnvironment} from '../../process/outer-environment.ts';

/** The instance for which a program is run. */
export interface Principal {
  readonly spec: WorkerSpec;
  readonly id: string;
  readonly number: number;
}

export interface HelperProgram {
  readonly argv: readonly string[];
  readonly timeoutMs: number;
  /** Variables besides the worker's environment. */
  readonly env?: Env;
  /** Kills the program at once when aborted. */
  readonly signal: AbortSignal;
}

/** Runs a program to its end. Resolves to null on exit code 0, else to a description of the failure. */
export type RunHelper = (principal: Principal, helper: HelperProgram) => Promise<string | null>;

const NO_LIMITS = {nofile: null, core: null, memory: null, cpu: null} as const;

export interface HelpersOptions {
  /** Called before the first program is run: the processes that it leaves belong to no run. */
  readonly begun: () => void;
  /** The supervisor's own environment. */
  readonly env: NodeJS.ProcessEnv;
  readonly context: () => FleetContext;
  /** The fleet file's folder. */
  readonly dir: () => string;
}

export function createHelpers({begun, env: own, context, dir}: HelpersOptions): RunHelper {
  const outer = outerEnvironment(own);
  let isBegun = false;
  return async ({spec, ...instance}, {argv, timeoutMs, env: more, signal}) => {
    const file = await readEnvFile(spec);
    if ('message' in file) return file.message;
    const env = {
      ...inheritedBy(outer, {inherit: spec.envInherit, isOtherUser: spec.user !== null}),
      ...ownEnvironment(spec, instance, context(), file.env),
      ...more,
    };
    const cwd = dir();
    const [name = ''] = argv;
    const path = env['PATH'];
    const entersItself = spec.user !== null || mayWaitFor(name, cwd, path);
    const program = entersItself ? await findProgramAs(spec, name, cwd, path) : findProgram(name, cwd, path);
    if ('message' in program) return program.message;
    const chain = chainFor(
      {...spec, cwd, nice: null, umask: null, limits: NO_LIMITS},
      {baseNice: 0, ownPid: [], entersItself},
    );
    if ('message' in chain) return chain.message;
    if (!isBegun) begun();
    isBegun = true;
    const {entry} = chain;
    const words = [...chain.argv, program.file, ...argv.slice(1)];
    return entry === null
      ? runProgram({argv: words, cwd, env, input: null, timeoutMs}, signal)
      : runProgram(
          {argv: words, cwd: '/', env: TOOL_ENVIRONMENT, input: entryScript({...entry, env}), timeoutMs},
          signal,
        );
  };
}
