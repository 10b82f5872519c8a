/** What asks whether a run is ready, or well. One file a kind; `index.ts` lists them. */
import type {Readiness} from '../../fleet/types.ts';
import type {Stream} from '../../logs/layout.ts';

export interface ProbeContext {
  readonly logFolder: string;
  /** Bytes that the current log files had when the run began. */
  readonly logStart: Readonly<Record<Stream, number>>;
  readonly cwd: string;
  /** The environment for programs that a probe runs. */
  readonly env: NodeJS.ProcessEnv;
  /** The run is ready. Called once at the most. */
  readonly ready: () => void;
  /** Calls back whenever the run has written something; the result ends that. */
  readonly onOutput: (listener: () => void) => () => void;
}

/** Begins to ask; the result ends it. */
export type Probe<K extends Readiness['kind']> = (
  readiness: Extract<Readiness, {kind: K}>,
  context: ProbeContext,
) => () => void;

/** Calls `attempt` again and again until it says yes, each time a little later. The result ends it. */
export function poll(
  attempt: () => Promise<boolean>,
  ready: () => void,
  firstMs: number,
  longestMs: number,
): () => void {
  let over = false;
  let timer: NodeJS.Timeout | undefined;
  let pause = firstMs;
  const round = (): void => {
    void attempt().then(yes => {
      if (over) return;
      if (yes) ready();
      else {
        timer = setTimeout(round, pause);
        pause = Math.min(pause * 1.5, longestMs);
      }
    });
  };
  round();
  return () => {
    over = true;
    clearTimeout(timer);
  };
}
