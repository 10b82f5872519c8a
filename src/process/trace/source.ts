/** Where a trace has its events from. */
import type {TraceEvent} from './event.ts';

export interface TraceHost {
  /** Whether anybody wants to hear of that process and of what it starts. */
  readonly isWanted: (pid: number) => boolean;
  /** `awaitsEnd`: how that process ended is told by its supervisor. */
  readonly onEvent: (event: TraceEvent, awaitsEnd?: boolean) => void;
  /** Events were lost: what is known of processes may be wrong. */
  readonly lost: () => void;
  /** Some were told; what is answered is waited for before the next. */
  readonly told: () => Promise<void> | null;
}

export interface TraceSource {
  /** Begins to tell, from what was seen when it was opened. */
  start(host: TraceHost): void;
  /** Tells all that has happened by now. */
  finish(): void;
  /** Ends it, so that the program can end. */
  close(): void;
}
