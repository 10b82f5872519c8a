/** What changes the fleet: the roster, and what follows from a change. */
import type {JournalEvent} from '../../journal/events.ts';
import type {LifeEvent} from '../instance/events.ts';
import type {Cell} from './cell.ts';
import type {FleetHead, Stopping} from './head.ts';
import type {Roster} from './roster.ts';

/** What a command may touch. */
export interface FleetChange {
  readonly roster: Roster;
  readonly stopping: Stopping;
  readonly head: FleetHead;
  readonly apply: (cell: Cell, event: LifeEvent) => void;
  readonly journal: (event: JournalEvent) => void;
  /** Definitions have changed. */
  readonly define: (head: FleetHead) => void;
  readonly stop: (stopping: Stopping) => void;
  readonly reload: (ids: readonly string[]) => void;
  /** Something else is wanted of these than a reload that is under way. */
  readonly withdraw: (ids: readonly string[]) => void;
}
