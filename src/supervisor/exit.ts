/** How a run ended: in words, and whether that was well. */
import type {WorkerSpec} from '../fleet/types.ts';
import type {EndReason, Exit} from './types.ts';
import {duration} from './words.ts';

/** Why a run ended: what brood wanted if it wanted that, else what the kernel told. */
export function exitReason(code: number | null, signal: string | null, ending: EndReason | null): string {
  if (ending !== null) return ending;
  if (code !== null) return 'exited';
  return signal !== null ? 'signalled' : 'unknown';
}

/** Ends that are none of the run's own making, and never good ones. */
const FAILURES: ReadonlySet<string> = new Set(['not-ready', 'unhealthy', 'watchdog', 'spawn-failed']);

/** Whether the policy counts it as ending well. A run that never got ready, or whose end nobody saw, did not. */
export function endedWell(exit: Exit, success: WorkerSpec['success']): boolean {
  if (FAILURES.has(exit.reason)) return false;
  return success.some(mark => mark === exit.code || mark === exit.signal);
}

/** The end of a run for people, as the reason of what follows from it. `why`: what was known before it ended. */
export function describeExit(exit: Exit, spec: WorkerSpec, why: string | null): string {
  if (exit.reason === 'not-ready') return notReadyWords(spec);
  if (exit.reason === 'unhealthy') return why ?? 'its health checks failed';
  const how = describeEnd(exit);
  if (exit.reason === 'watchdog') return `${watchdogWords(spec)}; ${how}`;
  return exit.reason === 'max-runtime' ? `${maxRuntimeWords(spec)}; ${how}` : how;
}

function describeEnd(exit: Exit): string {
  if (exit.code !== null) return `exit code ${exit.code}`;
  if (exit.signal !== null) return `killed by ${exit.signal}`;
  return 'nobody saw how it ended';
}

export function notReadyWords(spec: WorkerSpec): string {
  return spec.ready === null ? 'not ready in time' : `not ready within ${duration(spec.ready.timeoutMs)}`;
}

export function watchdogWords({watchdogMs}: WorkerSpec): string {
  return watchdogMs === null ? 'missed its watchdog' : `missed its watchdog of ${duration(watchdogMs)}`;
}

export function maxRuntimeWords(spec: WorkerSpec): string {
  return spec.maxRuntimeMs === null ? 'ran as long as it may' : `ran for ${duration(spec.maxRuntimeMs)}`;
}
