/** Handles expired deadlines: of backoffs, schedules and runs. */
import type {LifeEvent} from '../instance/events.ts';
import type {Time} from '../types.ts';
import type {Cell} from './cell.ts';
import {nextDue} from './deadlines.ts';
import type {Roster} from './roster.ts';

export interface DueContext {
  readonly roster: Roster;
  readonly time: Time;
  readonly apply: (cell: Cell, event: LifeEvent) => void;
  /** Determines the next step of an instance and applies it. */
  readonly consider: (cell: Cell) => void;
}

/** Handles each expired deadline, the earliest first. */
export function fireDeadlines({roster, time, apply, consider}: DueContext): void {
  for (;;) {
    const cell = roster.deadlines.first();
    if (cell?.due == null || cell.due > time.mono) return;
    const {nextRunAt} = cell.instance;
    if (nextRunAt !== null && nextRunAt <= time.wall) {
      apply(cell, {type: 'schedule-due'});
      continue;
    }
    const due = nextDue(cell.instance);
    if (due === null || due.at > time.mono) {
      // The queued time was slightly too early.
      roster.setOffset(time.wall - time.mono);
      continue;
    }
    if (due.event === 'backoff-due') {
      roster.refresh();
      consider(cell);
    } else {
      apply(cell, {type: due.event});
    }
  }
}

/** Recomputes due times after the clock was, or may have been, set back: past times may occur again. */
export function reschedule({roster, time, apply}: Pick<DueContext, 'roster' | 'time' | 'apply'>): void {
  for (const cell of [...roster.scheduled]) {
    const {nextRunAt} = cell.instance;
    if (nextRunAt !== null && nextRunAt > time.wall) apply(cell, {type: 'reschedule'});
  }
}
