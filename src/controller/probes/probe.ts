/** What asks whether a run is ready, or well. One file a kind; `index.ts` lists them. */
import type {HelperProgram} from '../spawn/helper.ts';
import type {Readiness} from '../../fleet/types.ts';
import type {Stream} from '../../logs/layout.ts';

export interface ProbeContext {
  readonly logFolder: string;
  /** Bytes that the current log files had when the run began. */
  readonly logStart: Readonly<Record<Stream, number>>;
  /** Runs a program for the worker. */
  readonly run: (helper: HelperProgram) => Promise<string | null>;
  /** The run is ready. Called once at the most. */
  readonly ready: () => void;
  /** Calls back whenever the run has written something; the result ends that. */
  readonly onOutput: (listener: () => void) => () => void;
}

export type ReadinessOf<K extends Readiness['kind']> = Extract<Readiness, {readonly kind: K}>;

/** Begins to ask; the result ends it. */
export type Probe<K extends Readiness['kind']> = (readiness: ReadinessOf<K>, context: ProbeContext) => () => void;

/**
 * Calls `attempt` again and again until nothing is wrong (null), each time a little later. The result ends it, and an attempt
 * that is under way.
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
