/** Single facts from /proc (proc(5)) that are rarely needed. */
import {readFileSync} from 'node:fs';
import {commandIn, readCommandLine} from './command-line.ts';
import {readEnvironment, valueIn} from './environment.ts';
import {isShortage, readSmall} from './stat.ts';

/** Bit number in capabilities(7). */
const CAP_SYS_RESOURCE = 1n << 24n;

/** Returns a whole file of /proc, one character per byte, or null if unreadable. Throws as {@link readSmall} does. */
function readWhole(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (isShortage(error)) throw error;
    return null;
  }
}

/** Returns the id of this boot: pids and start times are meaningful only together with it. */
export const bootId = (): string => (readSmall('/proc/sys/kernel/random/boot_id') ?? 'unknown').trim();

/** Returns the program and its arguments, joined by spaces; empty for a zombie or a kernel thread. Untrusted text. */
export const commandOf = (pid: number): string => commandIn(readCommandLine(`/proc/${pid}`) ?? '');

/** Returns the value of a variable in a process's initial environment, or null if it is missing or not readable. */
export function environmentValue(pid: number, name: string): string | null {
  const bytes = readEnvironment(`/proc/${pid}`);
  return bytes === null ? null : valueIn(bytes, name);
}

/** Returns the children of a process's main thread, zombies included: those it spawned and those it adopted. */
export function childrenOf(pid: number): number[] {
  const text = readWhole(`/proc/${pid}/task/${pid}/children`);
  return text === null ? [] : text.split(' ').filter(Boolean).map(Number);
}

/** Returns the soft limit of open files of a process; null if it can't be read, Infinity for `unlimited`. */
export function softOpenFiles(pid: number): number | null {
  const match = /^Max open files\s+(\S+)/m.exec(readWhole(`/proc/${pid}/limits`) ?? '');
  if (!match?.[1]) return null;
  return match[1] === 'unlimited' ? Infinity : Number(match[1]);
}

/**
 * Returns the memory of a process in bytes, with its part of shared memory (proc_pid_smaps(5)), or null if that can't
 * be read, as for other users' processes.
 */
export function sharedOutBytes(pid: number): number | null {
  const kib = /^Pss:\s+(\d+) kB$/m.exec(readWhole(`/proc/${pid}/smaps_rollup`) ?? '')?.[1];
  return kib === undefined ? null : Number(kib) * 1024;
}

/** Returns the reason why a child of this process can't have so many open files (prlimit(2)), or null. */
export function whyNotOpen(files: number): string | null {
  const hard = /^Max open files\s+\S+\s+(\d+)/m.exec(readWhole('/proc/self/limits') ?? '')?.[1];
  if (hard === undefined || files <= Number(hard)) return null;
  const capabilities = /^CapEff:\s+([0-9a-f]+)$/m.exec(readWhole('/proc/self/status') ?? '')?.[1] ?? '0';
  const mayRaise = (BigInt(`0x${capabilities}`) & CAP_SYS_RESOURCE) !== 0n;
  if (!mayRaise) return `the hard limit here is ${hard}; raising it needs CAP_SYS_RESOURCE, which root usually has`;
  const most = Number(readWhole('/proc/sys/fs/nr_open') ?? Infinity);
  return files <= most ? null : `the kernel allows at most ${most} (sysctl fs.nr_open)`;
}

/** Returns the path of a process's cgroup in the v2 hierarchy, or null if it has none. */
export function cgroupOf(pid: number | 'self'): string | null {
  return /^0::(.*)$/m.exec(readWhole(`/proc/${pid}/cgroup`) ?? '')?.[1] ?? null;
}
