/** Runs that the keeper knows and that a controller before this one had not committed. */
import type {LifeEvent} from '../instance/events.ts';
import {newInstance} from '../instance/instance.ts';
import type {FoundRun} from '../types.ts';
import type {Cell} from './cell.ts';
import type {Roster} from './roster.ts';

/** Gives all of them to their instances before anything follows, so that none is started beside one that lives. */
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

/** A place for an instance that the fleet has no more, so that it is ended as any other; none for a strange worker. */
function superfluous(id: string, roster: Roster): Cell | undefined {
  const [worker = '', number] = id.split('/');
  const member = roster.members.get(worker);
  if (member === undefined) return undefined;
  roster.addCell(member, {...newInstance(worker, Number(number), 'down'), leaving: true});
  return roster.cells.get(id);
}
