/** The kinds of readiness that are asked for: one file and one line each. */
import type {Readiness} from '../../fleet/types.ts';
import {exec} from './exec.ts';
import {log} from './log.ts';
import type {ProbeContext} from './probe.ts';
import {tcp} from './tcp.ts';

export type {ProbeContext} from './probe.ts';

/** Has no mechanism yet (`brood check` says so): counts as ready when spawned. */
const atOnce = (ready: () => void): (() => void) => {
  const timer = setImmediate(ready);
  return () => clearImmediate(timer);
};

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
    case 'notify':
    case 'fd':
      return atOnce(context.ready);
  }
}
