/** The interface through which commands change the fleet. */
import type {JournalEvent} from '../../journal/events.ts';
import type {LifeEvent} from '../instance/events.ts';
import type {Cell} from './cell.ts';
import type {FleetHead, Stopping} from './head.ts';
import type {Roster} from './roster.ts';

/** The operations of a command on the fleet. */
export interface FleetChange {
  readonly roster: Roster;
  readonly stopping: Stopping;
  readonly head: FleetHead;
  readonly apply: (cell: Cell, event: LifeEvent) => void;
  readonly journal: (event: JournalEvent) => void;
  /** Sets the head after definitions have changed. */
  readonly define: (head: FleetHead) => void;
  readonly stop: (stopping: Stopping) => void;
  readonly reload: (ids: readonly string[]) => void;
  /** Removes instances from a reload that is under way, since another command applies to them. */
  readonly withdraw: (ids: readonly string[]) => void;
}
