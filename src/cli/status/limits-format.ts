/** The limits of an instance, and what holds them, in a few words. */
import type {HeldLimit, LimitsReport} from '../../control/reports.ts';
import {formatBytes} from '../../base/format.ts';

/** `memory 512M (cgroup), cpu 50% (not held: …), nofile 4096`; empty where there are none. */
export function limitWords({nofile, core, memory, cpu}: LimitsReport): string {
  return [
    memory && `memory ${formatBytes(memory.limit)}${how(memory)}`,
    cpu && `cpu ${cpu.limit}%${how(cpu)}`,
    nofile === null ? null : `nofile ${nofile}`,
    core === null ? null : `core ${core === 0 ? 'none' : formatBytes(core)}`,
  ]
    .filter(part => part !== null)
    .join(', ');
}

function how({by, why}: HeldLimit): string {
  if (by === 'cgroup') return ' (by cgroup)';
  if (why === null) return '';
  return by === 'sampling' ? ` (looked at every second: ${why})` : ` (not held: ${why})`;
}
