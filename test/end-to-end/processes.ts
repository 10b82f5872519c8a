/** Process data from /proc, read without any code of the program under test. */
import {closeSync, existsSync, openSync, readdirSync, readFileSync, readlinkSync, readSync} from 'node:fs';

export interface Seen {
  readonly pid: number;
  readonly name: string;
  /** State letter of proc(5): R S D T t Z X I. */
  readonly state: string;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  /** PF_… of linux/sched.h. */
  readonly flags: number;
  readonly nice: number;
  /** Clock ticks since boot. Pid and start time together identify a process. */
  readonly startTime: string;
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Returns the process with this pid, also a zombie, or null. */
export function look(pid: number): Seen | null {
  const stat = text(`/proc/${pid}/stat`);
  if (stat === '') return null;
  // The name may contain spaces and parentheses, so the last parenthesis ends it (proc(5)).
  const close = stat.lastIndexOf(')');
  const field = stat.slice(close + 2).split(' ');
  return {
    pid,
    name: stat.slice(stat.indexOf('(') + 1, close),
    state: field[0] ?? '',
    ppid: Number(field[1]),
    pgid: Number(field[2]),
    sid: Number(field[3]),
    flags: Number(field[6]),
    nice: Number(field[16]),
    startTime: field[19] ?? '',
  };
}

export const everyProcess = (): Seen[] =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(pid => look(Number(pid)))
    .filter(seen => seen !== null);

/** Flag of a thread of the kernel, which has neither program nor environment (PF_KTHREAD, linux/sched.h). */
const KERNEL_THREAD = 0x0020_0000;

export const everyProgram = (): Seen[] =>
  everyProcess().filter(({state, flags}) => state !== 'Z' && state !== 'X' && (flags & KERNEL_THREAD) === 0);

/** Whether a process runs. A zombie does not. */
export function lives(pid: number): boolean {
  const seen = look(pid);
  return seen !== null && seen.state !== 'Z' && seen.state !== 'X';
}

export const commandLine = (pid: number): string[] => beginning(`/proc/${pid}/cmdline`).split('\0').slice(0, -1);

/** Returns the initial environment; empty if the process overwrote it or belongs to another user. */
export const environment = (pid: number): string[] => beginning(`/proc/${pid}/environ`).split('\0');

/** 128 KiB: processes of some tests declare their command line or environment endless. */
const bytes = Buffer.allocUnsafeSlow(128 * 1024);

function beginning(path: string): string {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    return bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, 0));
  } catch {
    return '';
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

export function workingFolder(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

/** Sends a signal to a process, unless another one has its pid by now. */
export function send(seen: Seen, signal: NodeJS.Signals): void {
  if (look(seen.pid)?.startTime !== seen.startTime) return;
  try {
    process.kill(seen.pid, signal);
  } catch {
    // The process has just ended.
  }
}

/** Whether /proc hides processes of other users (proc(5)). Tests that need them are skipped, with {@link HIDEPID}. */
export const hidesOthers = !existsSync('/proc/1/stat');
export const HIDEPID = '/proc hides the processes of other users (hidepid)';
