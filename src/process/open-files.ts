/** The open files of a process (proc(5), /proc/PID/fd), and its resource limits. */
import {errorCode} from '../base/errors.ts';
import {readdirSync, readFileSync, readlinkSync} from 'node:fs';
import {entriesIn, readEnvironment} from './environment.ts';

export interface OpenFile {
  readonly fd: number;
  /** A path, `socket:[4711]`, `pipe:[4711]` ... Untrusted. */
  readonly target: string;
}

/** Returns the open files by number; `denied` for another user's process, null if there is no such process. */
export function openFilesOf(pid: number, root = '/proc'): readonly OpenFile[] | 'denied' | null {
  let names: string[];
  try {
    names = readdirSync(`${root}/${pid}/fd`);
  } catch (error) {
    const code = errorCode(error, '');
    return code === 'EACCES' || code === 'EPERM' ? 'denied' : null;
  }
  const files: OpenFile[] = [];
  for (const name of names) {
    try {
      files.push({fd: Number(name), target: readlinkSync(`${root}/${pid}/fd/${name}`)});
    } catch {
      // The descriptor was closed meanwhile.
    }
  }
  return files.sort((a, b) => a.fd - b.fd);
}

export interface ResourceLimit {
  /** The kernel's name: `Max open files`. */
  readonly name: string;
  readonly soft: string;
  readonly hard: string;
  readonly unit: string;
}

/** Returns all of /proc/PID/limits; empty if it may not be read. */
export function limitsOf(pid: number, root = '/proc'): readonly ResourceLimit[] {
  let text: string;
  try {
    text = readFileSync(`${root}/${pid}/limits`, 'latin1');
  } catch {
    return [];
  }
  return (
    text
      .split('\n')
      .slice(1)
      // eslint-disable-next-line brood/linear-regex -- lines of the kernel's own words
      .map(line => /^(Max .*?)\s{2,}(\S+)\s+(\S+)\s*(\S*)/.exec(line))
      .filter(match => match !== null)
      .map(([, name = '', soft = '', hard = '', unit = '']) => ({name, soft, hard, unit}))
  );
}

/**
 * Returns the initial environment of a process, in its order, or null if unreadable. Untrusted, and full of secrets.
 */
export function environmentOf(pid: number, root = '/proc'): readonly (readonly [name: string, value: string])[] | null {
  const bytes = readEnvironment(`${root}/${pid}`);
  return bytes === null ? null : entriesIn(bytes);
}
