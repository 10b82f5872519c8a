/**
 * What happens to runs, told by the part of the keeper that sees it. `processes.ts` says what follows from each; a part takes of
 * them what it tells.
 */
import type {Fact} from '../../link/facts.ts';
import type {Cleared} from '../../link/runs.ts';
import type {Run} from './run.ts';

export interface RunEvents {
  /** Something for the controller. */
  emitFact(fact: Fact): void;
  /** The main process has ended: that is recorded, and was said. */
  exited(run: Run): void;
  /** It runs and can't be recorded: a run that a later keeper could not find must not go on. */
  abandon(run: Run): void;
  /** A process that may have been an orphan is a main process now. */
  becameMain(pid: number): void;
  /** The run needs so much longer to end. */
  extend(run: Run, ms: number): void;
  /** A signal that is part of ending the run could not be sent. Told once for each process and signal. */
  signalFailed(run: Run, failure: {readonly pid: number; readonly signal: number; readonly error: string}): void;
  /** Nothing of the run is left, or what is left can't be ended. */
  cleared(run: Run, cleared: Cleared): void;
  /** Its end is committed, and what there was of it is removed. */
  forgotten(run: Run): void;
  /** An orphan has ended and was waited for. */
  orphanEnded(pid: number): void;
}
