/** `/proc/PID/stat` (proc(5)). Fields are numbered as there, from 1. */
import {errorCode} from '../base/errors.ts';
import {closeSync, openSync, readSync} from 'node:fs';

/** Clock ticks a second in what /proc says: 100 on every Linux (the kernel's USER_HZ). */
export const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

export interface Stat {
  readonly pid: number;
  /** The name: at most 15 bytes of the program's, chosen by the process itself; untrusted. */
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
  /** Ticks after boot at which it was started, as text: with the pid, the process's identity. */
  readonly startTime: string;
  readonly rssBytes: number;
  /** Of a zombie: its wait status (wait(2)); 0 where it may not be read. */
  readonly exitStatus: number;
}

const RSS = 24;

const exitStatusIn = (fields: string): number => Number(fields.split(' ')[52 - 3]) || 0;

/** Reads what a line of `stat` says; null where it is no such line. */
export function parseStat(line: string): Stat | null {
  const open = line.indexOf('(');
  // The name may hold spaces and parentheses: its end is the last one.
  const close = line.lastIndexOf(')');
  if (open < 0 || close < open) return null;
  // No further than is needed: most of the rest is about addresses.
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

/** What this process lacks says nothing of the one that it looks at: such a one must not be taken for gone. */
const SHORTAGES = new Set<unknown>(['EMFILE', 'ENFILE', 'ENOMEM']);
export const isShortage = (error: unknown): boolean => SHORTAGES.has(errorCode(error));

/**
 * A small file of /proc as text, a byte a character; null where it can't be read (the process is gone, or denied).
 *
 * @throws where a descriptor or memory is lacking (`EMFILE`, `ENFILE`, `ENOMEM`).
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

/** What the kernel says of a process; null where there is none. */
export function readStat(pid: number): Stat | null {
  const line = readSmall(`/proc/${pid}/stat`);
  return line === null ? null : parseStat(line);
}

/** The start time of a process, zombies included; null where there is none. */
export const startTimeOf = (pid: number): string | null => readStat(pid)?.startTime ?? null;

/**
 * Whether a process has ended, and only waits to be waited for. One whose first thread has ended looks like a zombie
 * too, as long as others of its threads run.
 */
export const hasEnded = ({state, threads}: Stat): boolean => (state === 'Z' && threads < 2) || state === 'X';

/** Whether a process of that identity runs (a zombie does not). */
export function isAlive(pid: number, startTime: string): boolean {
  const stat = readStat(pid);
  return stat !== null && stat.startTime === startTime && !hasEnded(stat);
}
