/** Describes the end of a run, and whether the run ended well. */
import type {WorkerSpec} from '../../fleet/types.ts';
import type {EndReason, Exit} from '../types.ts';
import {formatBytes, exactDuration} from '../../base/format.ts';

/** Returns the reason of an exit: brood's own if brood ended the run, else the kernel's report. */
export function exitReason(
  code: number | null,
  signal: string | null,
  ending: EndReason | null,
  oom?: 'limit' | 'outside',
): string {
  if (ending !== null) return ending;
  if (oom !== undefined) return oom === 'limit' ? 'memory' : 'oom';
  if (code !== null) return 'exited';
  return signal !== null ? 'signalled' : 'unknown';
}

/** Reasons that always count as failure, whatever the exit status. */
const FAILURES: ReadonlySet<string> = new Set([
  'not-ready',
  'unhealthy',
  'watchdog',
  'memory',
  'zombies',
  'oom',
  'spawn-failed',
]);

/**
 * Returns whether the policy counts an exit as success. A run that never got ready, or whose exit status is unknown,
 * failed.
 */
export function endedWell(exit: Exit, success: WorkerSpec['success']): boolean {
  if (FAILURES.has(exit.reason)) return false;
  return success.some(mark => mark === exit.code || mark === exit.signal);
}

/**
 * Describes the end of a run for people, as the reason of the following status. `why`: the reason known before the end.
 */
export function describeExit(exit: Exit, spec: WorkerSpec, why: string | null): string {
  if (exit.reason === 'not-ready') return notReadyWords(spec);
  if (exit.reason === 'unhealthy') return why ?? 'its health checks failed';
  if (exit.reason === 'memory') return why ?? memoryLimitWords(spec);
  if (exit.reason === 'zombies') return why ?? 'left zombies';
  if (exit.reason === 'oom') return 'killed by the kernel: out of memory, not by its own limit';
  const how = describeEnd(exit);
  if (exit.reason === 'watchdog') return `${watchdogWords(spec)}; ${how}`;
  return exit.reason === 'max-runtime' ? `${maxRuntimeWords(spec)}; ${how}` : how;
}

function describeEnd(exit: Exit): string {
  if (exit.code !== null) return `exit code ${exit.code}`;
  if (exit.signal !== null) return `killed by ${exit.signal}`;
  return 'exit status unknown';
}

export function notReadyWords(spec: WorkerSpec): string {
  return spec.ready === null ? 'not ready in time' : `not ready within ${exactDuration(spec.ready.timeoutMs)}`;
}

export function watchdogWords({watchdogMs}: WorkerSpec): string {
  return watchdogMs === null
    ? 'missed its watchdog timeout'
    : `missed its watchdog timeout of ${exactDuration(watchdogMs)}`;
}

/** The words for a run that its cgroup's limit killed. */
function memoryLimitWords({limits}: WorkerSpec): string {
  const limit = limits.memory === null ? 'its memory limit' : `its memory limit of ${formatBytes(limits.memory)}`;
  return `killed by the kernel: it exceeded ${limit}`;
}

/** The words for a run that a measurement found above its limit. */
export function memoryWords({limits}: WorkerSpec, bytes: number): string {
  return `used ${formatBytes(bytes, 1)} of memory, over its limit of ${formatBytes(limits.memory ?? bytes)}`;
}

export function zombieWords(pid: number, name: string): string {
  return `left a zombie: its process ${pid} (${name}) exited and was not reaped`;
}

export function maxRuntimeWords(spec: WorkerSpec): string {
  return spec.maxRuntimeMs === null
    ? 'reached its maximum runtime'
    : `reached its maximum runtime of ${exactDuration(spec.maxRuntimeMs)}`;
}
