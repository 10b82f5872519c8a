/**
 * What is set before exec by chain-loading the system's own tools, each only when asked for: nice(1), prlimit(1),
 * setpriv(1), and umask by the shell. A tool that is missing is found out before anything is started.
 */
import {readFileSync} from 'node:fs';
import {findTool} from './program.ts';
import type {WorkerSpec} from '../fleet/types.ts';
import {whyNotOpen} from '../process/facts.ts';

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** An account of the password file, by its name or number; null where there is none. */
export function findAccount(name: string): Account | null {
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [account, , uid, gid, , home] = line.split(':');
    if (account !== undefined && uid !== undefined && gid !== undefined && (account === name || uid === name)) {
      return {name: account, uid: Number(uid), gid: Number(gid), home: home ?? '/'};
    }
  }
  return null;
}

export type Chain = {readonly argv: readonly string[]} | {readonly code: string; readonly message: string};

/**
 * The words to put before a program's own.
 *
 * @param baseNice the nice value that it would inherit: nice(1) adds to it
 * @param ownPid variables that are to hold its pid (`LISTEN_PID`, `WATCHDOG_PID`)
 */
export function chainFor(spec: WorkerSpec, baseNice: number, ownPid: readonly string[] = []): Chain {
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
  if (spec.umask !== null)
    argv.push('/bin/sh', '-c', `umask ${spec.umask.toString(8).padStart(3, '0')}; exec "$@"`, 'sh');
  if (spec.user !== null) {
    const account = findAccount(spec.user);
    if (account === null) return {code: 'EINVAL', message: `user ${spec.user}: there is no such account`};
    tool('setpriv', `--reuid=${account.uid}`, `--regid=${account.gid}`, '--init-groups');
  }
  // sd_listen_fds(3), sd_watchdog_enabled(3): whoever reads these compares that pid with its own first.
  if (ownPid.length > 0) {
    const set = ownPid.map(name => `${name}=$$; export ${name};`).join(' ');
    argv.push('/bin/sh', '-c', `${set} exec "$@"`, 'sh');
  }
  return missing.length === 0
    ? {argv}
    : {
        code: 'ENOENT',
        message: `${missing.join(', ')} is not installed, and is needed for nice, limits or user of this worker`,
      };
}
