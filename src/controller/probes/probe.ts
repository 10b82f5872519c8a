/** Probes check whether a run is ready, or well. One file per kind; `index.ts` lists them. */
import type {HelperProgram} from '../spawn/helper.ts';
import type {Readiness} from '../../fleet/types.ts';
import type {Stream} from '../../logs/layout.ts';

export interface ProbeContext {
  readonly logFolder: string;
  /** Sizes of the current log files when the run began, in bytes. */
  readonly logStart: Readonly<Record<Stream, number>>;
  /** Runs a program for the worker. */
  readonly run: (helper: HelperProgram) => Promise<string | null>;
  /** Called when the run is ready, at most once. */
  readonly ready: () => void;
  /** Calls `listener` whenever the run has written something. Returns a function that ends this. */
  readonly onOutput: (listener: () => void) => () => void;
}

export type ReadinessOf<K extends Readiness['kind']> = Extract<Readiness, {readonly kind: K}>;

/** Starts a probe. Returns a function that ends it. */
export type Probe<K extends Readiness['kind']> = (readiness: ReadinessOf<K>, context: ProbeContext) => () => void;

/**
 * Calls `attempt` until it resolves to null (nothing is wrong), each time a little later. Returns a function that ends
 * this and a pending attempt.
 */
export function poll(
  attempt: (signal: AbortSignal) => Promise<string | null>,
  ready: () => void,
  firstMs: number,
  longestMs: number,
): () => void {
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let pause = firstMs;
  const round = async (): Promise<void> => {
    const trouble = await attempt(over.signal).catch(String);
    if (over.signal.aborted) return;
    if (trouble === null) {
      ready();
      return;
    }
    timer = setTimeout(() => void round(), pause);
    pause = Math.min(pause * 1.5, longestMs);
  };
  void round();
  return () => {
    over.abort();
    clearTimeout(timer);
  };
}
