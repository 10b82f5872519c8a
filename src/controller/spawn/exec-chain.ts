/**
 * Sets properties before exec by chain-loading the system's own tools, each only if needed: nice(1), prlimit(1) and
 * setpriv(1). The shell at the end of the chain sets umask and the variables that hold a pid. A missing tool is
 * detected before anything is started.
 */
import type {Account} from './accounts.ts';
import {privilegesOf} from './privileges.ts';
import {findTool} from './find-program.ts';
import type {WorkerSpec} from '../../fleet/types.ts';
import type {EntryOrder} from '../../link/spawn.ts';
import {ENTRY_SHELL} from '../../process/entry-script.ts';
import {whyNotOpen} from '../../process/proc-files.ts';

export type Chain =
  | {
      /** The words to put before those of the program. */
      readonly argv: readonly string[];
      /** What the shell at the end must do, which also sets the environment, or null if there is no shell. */
      readonly entry: EntryOrder | null;
      readonly account: Account | null;
    }
  | {readonly code: string; readonly message: string};

export interface ChainOptions {
  /** The nice value that the program would inherit: nice(1) adds to it. */
  readonly baseNice: number;
  /** Variables that must hold the program's pid (`LISTEN_PID`, `WATCHDOG_PID`). */
  readonly ownPid: readonly string[];
  /** The program enters its folder itself, since the file system of the folder, or of the program, may not answer. */
  readonly entersItself?: boolean;
}

export function chainFor(spec: WorkerSpec, {baseNice, ownPid, entersItself = false}: ChainOptions): Chain {
  const argv: string[] = [];
  const missing: string[] = [];
  const tool = (name: string, ...args: readonly string[]): void => {
    const path = findTool(name);
    if (path === null) missing.push(name);
    else argv.push(path, ...args);
  };
  if (spec.nice !== null && spec.nice !== baseNice) tool('nice', '-n', String(spec.nice - baseNice));
  const {nofile, core} = spec.limits;
  const tooMany = nofile === null ? null : whyNotOpen(nofile);
  if (tooMany !== null) return {code: 'EPERM', message: `limits.nofile ${nofile ?? ''}: ${tooMany}`};
  if (nofile !== null || core !== null) {
    tool(
      'prlimit',
      ...(nofile === null ? [] : [`--nofile=${nofile}:${nofile}`]),
      ...(core === null ? [] : [`--core=${core}:${core}`]),
    );
  }
  const privileges = privilegesOf(spec);
  if ('message' in privileges) return privileges;
  if (missing.length > 0) {
    return {
      code: 'ENOENT',
      message: `${missing.join(', ')} is not installed, but nice or limits of this worker need it`,
    };
  }
  const {account} = privileges;
  argv.push(...privileges.argv);
  // sd_listen_fds(3), sd_watchdog_enabled(3): readers first compare that pid with their own.
  const entry =
    account === null && spec.umask === null && ownPid.length === 0 && !entersItself
      ? null
      : {umask: spec.umask, cwd: account === null && !entersItself ? null : spec.cwd, ownPid};
  return {argv: entry === null ? argv : [...argv, ...ENTRY_SHELL], entry, account};
}
