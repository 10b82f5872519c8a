/** Takes over runs that the keeper has and that an earlier controller had not committed. */
import type {LifeEvent} from '../instance/events.ts';
import {newInstance} from '../instance/instance.ts';
import type {FoundRun} from '../types.ts';
import type {Cell} from './cell.ts';
import type {Roster} from './roster.ts';

/** Assigns all runs to their instances before any other step, so that no second run starts beside a live one. */
export function takeOver(
  runs: readonly FoundRun[],
  roster: Roster,
  apply: (cell: Cell, event: LifeEvent) => void,
): void {
  for (const {id, token, missed} of runs) {
    const cell = roster.cells.get(id) ?? superfluous(id, roster);
    if (cell !== undefined) apply(cell, {type: 'found', token, missed});
  }
}

/**
 * Adds an instance that is no longer in the fleet, so that it ends like any other. Returns undefined for an unknown
 * worker.
 */
function superfluous(id: string, roster: Roster): Cell | undefined {
  const [worker = '', number] = id.split('/');
  const member = roster.members.get(worker);
  if (member === undefined) return undefined;
  roster.addCell(member, {...newInstance(worker, Number(number), 'down'), leaving: true});
  return roster.cells.get(id);
}
