/** Reads the journal records of instances, by id. */
import type {EventRecord} from '../../journal/record.ts';
import {recordsAfter} from '../../journal/read.ts';
import {subjectOf} from '../../text/event-words.ts';

/** The most records of an instance that a story needs. */
const KEPT = 500;

/** Returns the last records of each selected instance, oldest first. */
export function journalOf(
  folder: string,
  isMeant: (id: string, worker: string) => boolean,
): Map<string, EventRecord[]> {
  const byId = new Map<string, EventRecord[]>();
  for (const record of recordsAfter(folder, -1)) {
    if (record.instance === undefined || record.worker === undefined) continue;
    const id = subjectOf(record);
    if (!isMeant(id, record.worker)) continue;
    const list = byId.get(id) ?? [];
    list.push(record);
    if (list.length > 2 * KEPT) list.splice(0, KEPT);
    byId.set(id, list);
  }
  return byId;
}
