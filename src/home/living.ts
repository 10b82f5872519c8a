/**
 * Finds the supervisors that run, by /proc: their files may be gone. A process counts by its command line, and only if
 * all its user ids are this user's or root's: any process can write anything into its command line, and a set-user-ID
 * program takes it from the user that starts it.
 */
import {hasCode} from '../base/errors.ts';
import {readdirSync, readFileSync, readlinkSync, realpathSync, statSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';

export type Role = 'anchor' | 'keeper' | 'controller';

export interface Living {
  readonly role: Role;
  readonly pid: number;
  /** Clock ticks after boot (proc(5), stat field 22). */
  readonly startTime: string;
  /** The fleet's folder as given in the command line. */
  readonly folder: string;
}

const PROGRAMS: Readonly<Record<string, Role>> = {
  'anchor.cjs': 'anchor',
  'keeper.cjs': 'keeper',
  'controller.cjs': 'controller',
};
/**
 * The `$0` of the anchor's shell, its index in the command line, and that of the fleet's folder
 * (src/keeper/anchor/anchor.ts).
 */
const ANCHOR = 'brood-anchor';
const ANCHOR_AT = 3;
const ANCHOR_FOLDER_AT = 9;
/**
 * The same before the anchor becomes a shell: index in its arguments, after the shell and the folder of the programs.
 */
const NEW_ANCHOR_FOLDER = 2;

/** Returns the part of a supervisor that a command line starts, and its folder, or null. */
export function roleOf(argv: readonly string[]): {readonly role: Role; readonly folder: string} | null {
  if (argv[1] === '-c' && argv[ANCHOR_AT] === ANCHOR) {
    const folder = argv[ANCHOR_FOLDER_AT];
    return folder ? {role: 'anchor', folder} : null;
  }
  const at = argv.findIndex((word, index) => index > 0 && !word.startsWith('-'));
  const role = PROGRAMS[basename(argv[at] ?? '')];
  if (at < 0 || role === undefined) return null;
  const rest = argv.slice(at + 1);
  // A keeper that only proves that it could take over (src/keeper/code/trial.ts).
  if (rest.includes('--check')) return null;
  const words = rest.filter(word => !word.startsWith('--'));
  const folder = role === 'anchor' ? words[NEW_ANCHOR_FOLDER] : words[0];
  return folder ? {role, folder} : null;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // the process has ended, or may not be read
  }
}

/** Whether real, effective and saved user id are each `uid` or root. */
function isOurs(pid: number, uid: number): boolean {
  const ids = /^Uid:\t(\d+)\t(\d+)\t(\d+)/m.exec(read(`/proc/${pid}/status`))?.slice(1, 4);
  return ids?.every(id => Number(id) === 0 || Number(id) === uid) === true;
}

function startTimeOf(pid: number): string | null {
  const stat = read(`/proc/${pid}/stat`);
  // The name may contain spaces and parentheses: the last parenthesis ends it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
}

/** Returns every running part of supervisors of this user or root; none if there is no /proc. */
export function livingSupervisors(): Living[] {
  const uid = process.geteuid?.() ?? 0;
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  const found: Living[] = [];
  for (const name of names) {
    const pid = Number(name);
    // The command line of another user's process is that process's own memory: reading it may never end, or never
    // return.
    if (!Number.isInteger(pid) || pid === process.pid || !isOurs(pid, uid)) continue;
    const command = read(`/proc/${pid}/cmdline`);
    if (!command.includes('.cjs\0') && !command.includes(`\0${ANCHOR}\0`)) continue;
    const part = roleOf(command.split('\0').slice(0, -1));
    if (part === null) continue;
    const startTime = startTimeOf(pid);
    if (startTime !== null) found.push({...part, pid, startTime});
  }
  return found;
}

/** Returns one name for a folder, whatever links lead to it, even if the folder itself is gone. */
export function canonical(folder: string): string {
  try {
    return join(realpathSync(dirname(folder)), basename(folder));
  } catch {
    return folder;
  }
}

export function livingIn(folder: string, all: readonly Living[] = livingSupervisors()): Living[] {
  const here = canonical(folder);
  return all.filter(one => one.folder === folder || canonical(one.folder) === here);
}

/**
 * Returns the inode of the lock file that a process has open, even a removed one, null if it has none, or `unknown` if
 * its descriptors may not be read.
 */
export function openLockOf(pid: number, folder: string): bigint | 'unknown' | null {
  const path = join(canonical(folder), 'lock');
  let fds: string[];
  try {
    fds = readdirSync(`/proc/${pid}/fd`);
  } catch (error) {
    return hasCode(error, 'EACCES') ? 'unknown' : null;
  }
  for (const fd of fds) {
    try {
      const link = readlinkSync(`/proc/${pid}/fd/${fd}`);
      if (link === path || link === `${path} (deleted)`) return statSync(`/proc/${pid}/fd/${fd}`, {bigint: true}).ino;
    } catch {
      // The descriptor was closed just now.
    }
  }
  return null;
}

/** Whether the first of two processes of one boot was started before the other. */
export function isOlder(one: {readonly pid: number; readonly startTime: string}, other: typeof one): boolean {
  const [left, right] = [BigInt(one.startTime), BigInt(other.startTime)];
  return left === right ? one.pid < other.pid : left < right;
}
