/**
 * Programs that are run for a worker and waited for: probes and hooks. They have the worker's environment and user, and the
 * fleet file's folder as their own. None carries a run's token: it belongs to the supervisor and not to a run, whose end must
 * neither end it nor wait for it.
 */
import {chainFor} from './chain.ts';
import {findProgram} from './program.ts';
import {runProgram} from './run-program.ts';
import {ownEnvironment, type Env, type FleetContext} from './worker-environment.ts';
import type {WorkerSpec} from '../fleet/types.ts';
import {fewOf, outerEnvironment} from '../process/outer-environment.ts';

/** For whom a program is run. */
export interface Principal {
  readonly spec: WorkerSpec;
  readonly id: string;
  readonly number: number;
}

export interface Errand {
  readonly argv: readonly string[];
  readonly timeoutMs: number;
  /** Beyond the worker's environment. */
  readonly env?: Env;
  /** Aborted: it is killed at once. */
  readonly signal: AbortSignal;
}

/** Runs a program to its end: null where it ended with exit code 0, else what was wrong, in words. */
export type RunErrand = (principal: Principal, errand: Errand) => Promise<string | null>;

const NO_LIMITS = {nofile: null, core: null, memory: null, cpu: null} as const;

export interface ErrandsOptions {
  /** The supervisor's own environment. */
  readonly env: NodeJS.ProcessEnv;
  readonly context: () => FleetContext;
  /** The fleet file's folder. */
  readonly dir: () => string;
}

export function createErrands({env: own, context, dir}: ErrandsOptions): RunErrand {
  const outer = outerEnvironment(own);
  const few = fewOf(outer);
  return async ({spec, ...instance}, {argv, timeoutMs, env: more, signal}) => {
    const theirs = ownEnvironment(spec, instance, context());
    if ('failure' in theirs) return theirs.failure.message;
    const env = {...(spec.envInherit ? outer : few), ...theirs.env, ...more};
    const cwd = dir();
    const [name = ''] = argv;
    const program = findProgram(name, cwd, env['PATH']);
    if ('message' in program) return program.message;
    const chain = chainFor({...spec, nice: null, umask: null, limits: NO_LIMITS}, 0);
    if ('message' in chain) return chain.message;
    return runProgram({argv: [...chain.argv, program.file, ...argv.slice(1)], cwd, env, timeoutMs}, signal);
  };
}
