/**
 * For how long a process has been a zombie. The kernel keeps no time of death, but it tells when a process last ran
 * (`se.exec_start` of /proc/PID/sched), and the last that one does is to die. Measured: 2,504 ms after 2,500.
 */
import {readSmall} from './stat.ts';

/**
 * Milliseconds of the clock of the CPU on which it ran, which leaves out what a hypervisor or interrupts took: 0.1 s of
 * difference between two CPUs after nine hours.
 */
function lastRan(pid: number | 'self', root: string): number | null {
  const text = readSmall(`${root}/${pid}/sched`);
  const found = text === null ? null : /^se\.exec_start\s*:\s*(\d+(?:\.\d+)?)$/m.exec(text);
  return found === null ? null : Number(found[1]);
}

/** In ms; null where this kernel does not tell (it is built without CONFIG_SCHED_DEBUG). */
export function zombieAgeMs(pid: number, root = '/proc'): number | null {
  const [its, own] = [lastRan(pid, root), lastRan('self', root)];
  return its === null || own === null ? null : Math.max(0, Math.round(own - its));
}
