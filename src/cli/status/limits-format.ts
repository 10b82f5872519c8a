/** Describes the limits of an instance, and how they are enforced. */
import type {HeldLimit, LimitsReport} from '../../control/reports.ts';
import {formatBytes} from '../../base/format.ts';

/** Returns `memory 512M (by cgroup), cpu 50% (not enforced: …), nofile 4096`; empty if there are no limits. */
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
  return by === 'sampling' ? ` (sampled every second: ${why})` : ` (not enforced: ${why})`;
}
