/** Single facts from /proc (proc(5)) that are asked for rarely. */
import {readFileSync} from 'node:fs';
import {commandIn, readCommandLine} from './command-line.ts';
import {readEnvironment, valueIn} from './environment.ts';
import {isShortage, readSmall} from './stat.ts';

/** Its bit in capabilities(7). */
const CAP_SYS_RESOURCE = 1n << 24n;

/** A file of /proc whole, a byte a character; null where it can't be read. Throws as {@link readSmall} does. */
function readWhole(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (isShortage(error)) throw error;
    return null;
  }
}

/** The id of this boot: pids and start times mean something only together with it. */
export const bootId = (): string => (readSmall('/proc/sys/kernel/random/boot_id') ?? 'unknown').trim();

/** The program and its arguments, joined by spaces; empty for a zombie or a kernel thread. Untrusted text. */
export const commandOf = (pid: number): string => commandIn(readCommandLine(`/proc/${pid}`) ?? '');

/** The value of a variable in the environment a process was started with; null where it is not there or not readable. */
export function environmentValue(pid: number, name: string): string | null {
  const bytes = readEnvironment(`/proc/${pid}`);
  return bytes === null ? null : valueIn(bytes, name);
}

/** The children of a process's main thread, zombies included: those it started there and those it adopted. */
export function childrenOf(pid: number): number[] {
  const text = readWhole(`/proc/${pid}/task/${pid}/children`);
  return text === null ? [] : text.split(' ').filter(Boolean).map(Number);
}

/** The soft limit of open files of a process; null where it can't be read, `unlimited` is Infinity. */
export function softOpenFiles(pid: number): number | null {
  const match = /^Max open files\s+(\S+)/m.exec(readWhole(`/proc/${pid}/limits`) ?? '');
  if (!match?.[1]) return null;
  return match[1] === 'unlimited' ? Infinity : Number(match[1]);
}

/**
 * Memory of a process in bytes, of what it shares with others its part (proc_pid_smaps(5)); null where that is not told, as of
 * other users' processes.
 */
export function sharedOutBytes(pid: number): number | null {
  const kib = /^Pss:\s+(\d+) kB$/m.exec(readWhole(`/proc/${pid}/smaps_rollup`) ?? '')?.[1];
  return kib === undefined ? null : Number(kib) * 1024;
}

/** What keeps a child of this process from so many open files (prlimit(2)), in words; null: nothing. */
export function whyNotOpen(files: number): string | null {
  const hard = /^Max open files\s+\S+\s+(\d+)/m.exec(readWhole('/proc/self/limits') ?? '')?.[1];
  if (hard === undefined || files <= Number(hard)) return null;
  const capabilities = /^CapEff:\s+([0-9a-f]+)$/m.exec(readWhole('/proc/self/status') ?? '')?.[1] ?? '0';
  const mayRaise = (BigInt(`0x${capabilities}`) & CAP_SYS_RESOURCE) !== 0n;
  if (!mayRaise)
    return `the hard limit here is ${hard}, and to raise it takes CAP_SYS_RESOURCE, which root has nearly everywhere`;
  const most = Number(readWhole('/proc/sys/fs/nr_open') ?? Infinity);
  return files <= most ? null : `the kernel allows ${most} at most (sysctl fs.nr_open)`;
}

/** The path of a process's cgroup in the v2 hierarchy; null where it has none. */
export function cgroupOf(pid: number | 'self'): string | null {
  return /^0::(.*)$/m.exec(readWhole(`/proc/${pid}/cgroup`) ?? '')?.[1] ?? null;
}
