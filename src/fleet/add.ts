import {basename, isAbsolute} from 'node:path';
import {isName, makeName, NAME_RULE} from './values/names.ts';
import {didYouMean} from './values/nearest.ts';
import {defaultWorker} from './schema/worker.ts';
import {quote} from './syntax/tree.ts';
import type {RestartPolicy, WorkerSpec} from './types.ts';

/** A worker as given on a command line. */
export interface CommandOptions {
  /** Default: the program's own name, made valid. */
  readonly name?: string;
  readonly argv: readonly string[];
  /** Default `always`. */
  readonly restart?: string;
  /** Absolute. */
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A worker, or the reason why there is none. */
export type CommandResult = {readonly spec: WorkerSpec} | {readonly problem: string};

const POLICIES: readonly RestartPolicy[] = ['always', 'on-failure', 'never'];

/** Returns the worker that `brood add` adds: the same as a fleet file with only `run`. */
export function workerFromCommand({name, argv, restart = 'always', cwd, env = {}}: CommandOptions): CommandResult {
  const [program = ''] = argv;
  if (program === '') return {problem: 'no command: expected a program and its arguments'};
  if (argv.some(word => word.includes('\0'))) return {problem: "a command can't contain a NUL character"};
  if (name !== undefined && !isName(name)) return {problem: `${quote(name)}: expected ${NAME_RULE}`};
  const policy = POLICIES.find(known => known === restart);
  if (policy === undefined) return {problem: `restart: ${quote(restart)}: ${didYouMean(restart, POLICIES)}`};
  if (!isAbsolute(cwd)) return {problem: `${quote(cwd)}: expected an absolute working directory`};
  for (const [key, value] of Object.entries(env)) {
    if (key === '' || key.includes('=') || `${key}${value}`.includes('\0'))
      return {problem: `${quote(key)} can't be set as an environment variable`};
  }
  const own = name ?? makeName(basename(program), 'worker');
  return {spec: defaultWorker(own, argv, cwd, {restart: policy, env})};
}
