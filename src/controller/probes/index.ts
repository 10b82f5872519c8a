/** The kinds of readiness and health that are asked for: one file and one line each. */
import type {Health, Readiness} from '../../fleet/types.ts';
import {exec} from './exec.ts';
import {get, http} from './http.ts';
import {log} from './log.ts';
import type {ProbeContext} from './probe.ts';
import {reach, tcp} from './tcp.ts';

export type {ProbeContext} from './probe.ts';

/** Begins to ask whether a run is ready; the result ends that. */
export function startProbe(readiness: Readiness, context: ProbeContext): () => void {
  switch (readiness.kind) {
    case 'log':
      return log(readiness, context);
    case 'tcp':
      return tcp(readiness, context);
    case 'exec':
      return exec(readiness, context);
    case 'after':
      return () => {}; // a deadline of the heart
    case 'http':
      return http(readiness, context);
    case 'notify':
    case 'fd':
      return () => {}; // the keeper hears it
  }
}

/** Asks once whether a worker is well: null, or what is wrong, in words. `run` runs a program for it. */
export function checkOnce(health: Health, run: ProbeContext['run'], signal: AbortSignal): Promise<string | null> {
  switch (health.kind) {
    case 'http':
      return get(health.url, health.timeoutMs, signal);
    case 'tcp':
      return reach(health, health.timeoutMs, signal);
    case 'exec':
      return run({argv: health.argv, timeoutMs: health.timeoutMs, signal});
  }
}
