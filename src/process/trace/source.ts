/** The interface of event sources of a trace. */
import type {TraceEvent} from './event.ts';

export interface TraceHost {
  /** Whether events of the process and of its children are wanted. */
  readonly isWanted: (pid: number) => boolean;
  /** `awaitsEnd`: the supervisor reports how the process ended. */
  readonly onEvent: (event: TraceEvent, awaitsEnd?: boolean) => void;
  /** Called when events were lost: the known processes may be wrong. */
  readonly lost: () => void;
  /** Called after events. The source waits for the returned promise before it reads more. */
  readonly told: () => Promise<void> | null;
}

export interface TraceSource {
  /** Starts to report events, from those since the source was opened. */
  start(host: TraceHost): void;
  /** Reports everything that has happened so far. */
  finish(): void;
  /** Closes the source, so that the program can exit. */
  close(): void;
}
