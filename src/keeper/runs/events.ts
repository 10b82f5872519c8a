/**
 * Events of runs, reported by the part of the keeper that sees them. `processes.ts` defines what follows from each; a
 * part declares only the events that it reports.
 */
import type {Fact} from '../../link/facts.ts';
import type {Cleared} from '../../link/runs.ts';
import type {Run} from './run.ts';

export interface RunEvents {
  /** Sends a fact to the controller. */
  emitFact(fact: Fact): void;
  /** The main process has ended, which is recorded and reported. */
  exited(run: Run): void;
  /** A running process can't be recorded: a run that a later keeper could not find must not go on. */
  abandon(run: Run): void;
  /** A process that may have been an orphan has become a main process. */
  becameMain(pid: number): void;
  /** The run needs `ms` more to end. */
  extend(run: Run, ms: number): void;
  /** A signal that is part of ending the run could not be sent. Reported once for each process and signal. */
  signalFailed(run: Run, failure: {readonly pid: number; readonly signal: number; readonly error: string}): void;
  /** Nothing of the run is left, or its survivors can't be ended. */
  cleared(run: Run, cleared: Cleared): void;
  /** The end of the run is committed, and its traces are removed. */
  forgotten(run: Run): void;
  /** An orphan has ended and was reaped. */
  orphanEnded(pid: number): void;
}
