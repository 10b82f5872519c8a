/** Starts main processes with a clean start: descriptors, session, signals, limits, environment. */
import {spawn, type ChildProcess} from 'node:child_process';
import {closeSync, openSync, statSync} from 'node:fs';
import {ChannelError} from './channel-error.ts';
import type {SpawnFailure, SpawnOrder} from './messages.ts';
import {openFilesLimit, setOpenFilesLimit} from '../posix/process.ts';
import {softOpenFiles} from '../process/facts.ts';
import {fewOf, outerEnvironment} from '../process/outer-environment.ts';

const SHORTAGES = new Set(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM', 'ENOSPC', 'EDQUOT']);
/** Descriptors that a spawn itself needs: the pipe over which exec's error comes back, and /dev/null. */
const SPAWN_DESCRIPTORS = 6;

/** What went wrong, in words that name the program or the folder. */
export function spawnFailure(error: unknown, order: {file: string; cwd: string}, at: number): SpawnFailure {
  if (error instanceof ChannelError)
    return {code: error.code, message: error.message, at, shortage: SHORTAGES.has(error.code)};
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'EUNKNOWN';
  const words = (): string => {
    try {
      if (!statSync(order.cwd).isDirectory()) return `its working directory ${order.cwd} is no directory (ENOTDIR)`;
    } catch {
      return `its working directory ${order.cwd} does not exist or can't be entered (${code})`;
    }
    switch (code) {
      case 'ENOENT':
        return `${order.file}: no such program (ENOENT), or the interpreter that its first line names does not exist`;
      case 'EACCES':
        return `${order.file} is not executable, or a folder above it or ${order.cwd} may not be entered (EACCES)`;
      case 'ENOEXEC':
        return `${order.file} is no program that this machine can run (ENOEXEC)`;
      case 'E2BIG':
        return `the arguments and environment for ${order.file} are too long (E2BIG)`;
      case 'EAGAIN':
        return 'no further process can be made: the limit of processes is reached (EAGAIN)';
      case 'EMFILE':
      case 'ENFILE':
        return `no descriptor is left (${code})`;
      case 'ENOSPC':
        return 'the disk is full (ENOSPC)';
      default:
        return `${order.file} could not be started (${code})`;
    }
  };
  return {code, message: words(), at, shortage: SHORTAGES.has(code)};
}

/** Descriptors from 1 on: those in a row, and some at numbers of their own; null: none there. */
export function stdioOf(row: readonly number[], others: ReadonlyMap<number, number>): (number | null)[] {
  const fds: (number | null)[] = [...row];
  for (const [number, fd] of others) {
    while (fds.length < number) fds.push(null);
    fds[number - 1] = fd;
  }
  return fds;
}

export class Spawner {
  readonly #outer: Record<string, string>;
  readonly #few: Record<string, string>;
  /** The soft limit that the supervisor was started with; null: the same as the keeper's own. */
  readonly #soft: bigint | null;
  #reserve: number[] = [];

  constructor(env: NodeJS.ProcessEnv) {
    this.#outer = outerEnvironment(env);
    this.#few = fewOf(this.#outer);
    // Node raises its own soft limit before any script runs: what it was is still to be read at the parent.
    const soft = softOpenFiles(process.ppid) ?? 1024;
    const own = openFilesLimit().soft;
    this.#soft = Number.isFinite(soft) && BigInt(soft) < own ? BigInt(soft) : null;
    if (this.#soft !== null) this.#fillReserve();
  }

  /** Starts the program; its pid is there at once, or `error` comes. Throws what spawn(2) throws for bad arguments. */
  start(order: SpawnOrder, fds: readonly (number | null)[]): ChildProcess {
    const options = {
      argv0: order.argv[0],
      cwd: order.cwd,
      env: {...(order.inherit ? this.#outer : this.#few), ...order.env},
      // A session of its own, so that nothing that a terminal or a group sends reaches it.
      detached: true,
      // Standard output and standard error, then what it inherits.
      stdio: ['ignore' as const, ...fds.map(fd => fd ?? ('ignore' as const))],
    } satisfies Parameters<typeof spawn>[2];
    return this.#withSoftLimit(() => spawn(order.file, order.argv.slice(1), options));
  }

  /**
   * Lowers the keeper's own limit around the fork, since children inherit it. The few descriptors that a spawn needs
   * must lie below the lowered limit: they take the places of a reserve that is given up for the moment.
   */
  #withSoftLimit<T>(action: () => T): T {
    if (this.#soft === null) return action();
    const limit = openFilesLimit();
    for (const fd of this.#reserve) closeSync(fd);
    this.#reserve = [];
    setOpenFilesLimit({soft: this.#soft, hard: limit.hard});
    try {
      return action();
    } finally {
      setOpenFilesLimit(limit);
      this.#fillReserve();
    }
  }

  #fillReserve(): void {
    try {
      while (this.#reserve.length < SPAWN_DESCRIPTORS) this.#reserve.push(openSync('/dev/null', 'r'));
    } catch {
      // No descriptor is left at all: the next spawn finds what there is.
    }
  }
}
