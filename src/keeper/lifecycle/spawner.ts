/** Starts main processes with a clean start: descriptors, session, signals, limits, environment. */
import {errorCode} from '../../base/errors.ts';
import {closeSync, constants, openSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {ChannelError} from '../files/channel-error.ts';
import type {SpawnOrder} from '../../link/spawn.ts';
import type {SpawnFailure} from '../../link/runs.ts';
import {memoryFile} from '../../posix/memory-file.ts';
import {openFilesLimit, setOpenFilesLimit} from '../../posix/process.ts';
import {spawnProgram} from '../../posix/spawn.ts';
import {entryScript, TOOL_ENVIRONMENT} from '../../process/entry-script.ts';
import {softOpenFiles} from '../../process/proc-files.ts';
import {inheritedBy, outerEnvironment} from '../../process/outer-environment.ts';

const SHORTAGES = new Set(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM', 'ENOSPC', 'EDQUOT']);

/** Describes a failure in words that name the program or the folder. */
export function spawnFailure(error: unknown, order: {file: string; cwd: string}, at: number): SpawnFailure {
  if (error instanceof ChannelError)
    return {code: error.code, message: error.message, at, shortage: SHORTAGES.has(error.code)};
  const code = errorCode(error);
  const words = (): string => {
    try {
      if (!statSync(order.cwd).isDirectory()) return `its working directory ${order.cwd} is not a directory (ENOTDIR)`;
    } catch {
      return `its working directory ${order.cwd} does not exist or can't be entered (${code})`;
    }
    switch (code) {
      case 'ENOENT':
        return `${order.file}: no such program (ENOENT), or the interpreter that its first line names does not exist`;
      case 'EACCES':
        return `${order.file} is not executable, or a parent folder or ${order.cwd} is not accessible (EACCES)`;
      case 'ENOEXEC':
        return `${order.file} is not executable on this machine, and its first line names no interpreter such as #!/bin/sh (ENOEXEC)`;
      case 'E2BIG':
        return `the arguments and environment for ${order.file} are too long (E2BIG)`;
      case 'EAGAIN':
        return 'no more processes can be created: the process limit is reached (EAGAIN)';
      case 'EMFILE':
      case 'ENFILE':
        return `no free descriptor (${code})`;
      case 'ENOSPC':
        return 'the disk is full (ENOSPC)';
      default:
        return `${order.file} could not be started (${code})`;
    }
  };
  return {code, message: words(), at, shortage: SHORTAGES.has(code)};
}

/** Returns descriptors from 1 on: those in a row, and some at fixed numbers; null for a gap. */
export function stdioOf(row: readonly number[], others: ReadonlyMap<number, number>): (number | null)[] {
  const fds: (number | null)[] = [...row];
  for (const [number, fd] of others) {
    while (fds.length < number) fds.push(null);
    fds[number - 1] = fd;
  }
  return fds;
}

export class Spawner {
  readonly #folder: string;
  readonly #outer: Record<string, string>;
  /** The soft limit with which the supervisor was started; null if it is not lower than the keeper's own. */
  readonly #soft: bigint | null;
  /** Fills descriptors that a worker is not to have. */
  readonly #nothing = openSync('/dev/null', constants.O_RDWR);

  /** @param folder a folder that no other user may enter */
  constructor(env: NodeJS.ProcessEnv, folder: string) {
    this.#folder = folder;
    this.#outer = outerEnvironment(env);
    // Node raises its own soft limit before any script runs; the old value is still readable at the parent.
    const soft = softOpenFiles(process.ppid) ?? 1024;
    const own = openFilesLimit().soft;
    this.#soft = Number.isFinite(soft) && BigInt(soft) < own ? BigInt(soft) : null;
  }

  /** Starts the program in a session of its own: no signal of a terminal or a group reaches it. Returns its pid. */
  start(order: SpawnOrder, fds: readonly (number | null)[]): number {
    const {inherit, owner, entry = null} = order;
    const env = {...inheritedBy(this.#outer, {inherit, isOtherUser: owner !== null}), ...order.env};
    if (entry === null) return this.#spawn(order, this.#nothing, fds, env);
    const input = memoryFile(entryScript({...entry, env}), join(this.#folder, `${order.token}.entry`));
    try {
      return this.#spawn(order, input, fds, TOOL_ENVIRONMENT);
    } finally {
      closeSync(input);
    }
  }

  #spawn(
    {file, argv, cwd}: SpawnOrder,
    input: number,
    fds: readonly (number | null)[],
    env: Readonly<Record<string, string>>,
  ): number {
    const program = {
      file,
      argv,
      env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      cwd,
      // Standard input, output and error, then the inherited descriptors.
      fds: [input, ...fds.map(fd => fd ?? this.#nothing)],
    };
    return this.#withSoftLimit(() => spawnProgram(program));
  }

  /** Lowers the keeper's own limit around the spawn, since children inherit it. */
  #withSoftLimit<T>(action: () => T): T {
    if (this.#soft === null) return action();
    const limit = openFilesLimit();
    setOpenFilesLimit({soft: this.#soft, hard: limit.hard});
    try {
      return action();
    } finally {
      setOpenFilesLimit(limit);
    }
  }
}
