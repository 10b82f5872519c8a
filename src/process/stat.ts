/** `/proc/PID/stat` (proc(5)). Fields are numbered as in the man page, from 1. */
import {errorCode} from '../base/errors.ts';
import {closeSync, openSync, readSync} from 'node:fs';

/** Clock ticks per second in /proc: 100 on every Linux (the kernel's USER_HZ). */
export const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

export interface Stat {
  readonly pid: number;
  /** The name: at most 15 bytes of the program's, or chosen by the process itself; untrusted. */
  readonly comm: string;
  /** R S D T t Z X I. */
  readonly state: string;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  /** Ticks of CPU time in user and kernel mode. */
  readonly cpuTicks: number;
  readonly priority: number;
  readonly nice: number;
  readonly threads: number;
  /** Ticks after boot at which the process started, as text: identifies the process together with the pid. */
  readonly startTime: string;
  readonly rssBytes: number;
  /** Wait status of a zombie (wait(2)); 0 if it may not be read. */
  readonly exitStatus: number;
}

const RSS = 24;

const exitStatusIn = (fields: string): number => Number(fields.split(' ')[52 - 3]) || 0;

/** Parses a line of `stat`. Returns null if it is no such line. */
export function parseStat(line: string): Stat | null {
  const open = line.indexOf('(');
  // The name may contain spaces and parentheses: it ends at the last parenthesis.
  const close = line.lastIndexOf(')');
  if (open < 0 || close < open) return null;
  // Only up to the last needed field: most of the others are addresses.
  const fields = line.slice(close + 2).split(' ', RSS - 2);
  const field = (number: number): number => Number(fields[number - 3]);
  const [state = '?'] = fields;
  const startTime = fields[22 - 3];
  if (startTime === undefined) return null;
  return {
    pid: Number(line.slice(0, open - 1)),
    comm: line.slice(open + 1, close),
    state,
    ppid: field(4),
    pgid: field(5),
    sid: field(6),
    cpuTicks: field(14) + field(15),
    priority: field(18),
    nice: field(19),
    threads: field(20),
    startTime,
    rssBytes: field(RSS) * PAGE_BYTES,
    exitStatus: state === 'Z' || state === 'X' ? exitStatusIn(line.slice(close + 2)) : 0,
  };
}

const buffer = Buffer.allocUnsafe(4096);

/** Shortages of this process. They are no evidence about the process being read, which must not be taken for gone. */
const SHORTAGES = new Set<unknown>(['EMFILE', 'ENFILE', 'ENOMEM']);
export const isShortage = (error: unknown): boolean => SHORTAGES.has(errorCode(error));

/**
 * Returns a small file of /proc as text, one character per byte, or null if it can't be read (process gone, or denied).
 *
 * @throws on a shortage of descriptors or memory (`EMFILE`, `ENFILE`, `ENOMEM`)
 */
export function readSmall(path: string): string | null {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    return buffer.toString('latin1', 0, readSync(fd, buffer, 0, buffer.length, null));
  } catch (error) {
    if (isShortage(error)) throw error;
    return null;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Returns the kernel's record of a process, or null if there is no such process. */
export function readStat(pid: number): Stat | null {
  const line = readSmall(`/proc/${pid}/stat`);
  return line === null ? null : parseStat(line);
}

/** Returns the start time of a process, zombies included, or null if there is no such process. */
export const startTimeOf = (pid: number): string | null => readStat(pid)?.startTime ?? null;

/**
 * Whether a process has ended and waits to be reaped. A process whose first thread has ended looks like a zombie, too,
 * as long as other threads run.
 */
export const hasEnded = ({state, threads}: Stat): boolean => (state === 'Z' && threads < 2) || state === 'X';

/** Whether a process of that identity runs. A zombie does not. */
export function isAlive(pid: number, startTime: string): boolean {
  const stat = readStat(pid);
  return stat !== null && stat.startTime === startTime && !hasEnded(stat);
}
