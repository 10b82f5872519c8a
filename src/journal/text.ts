/** Shortens foreign text in journal records, since records are stored, sent to clients and read again. */
import type {EventRecord} from './record.ts';

/** The limit of one text in a record, in code units. A path has 4,096 bytes at most (PATH_MAX). */
export const MOST_TEXT = 4_096;

const isLong = (value: unknown): value is string => typeof value === 'string' && value.length > MOST_TEXT;

/** Returns the record with overlong texts cut. */
export function shortened(record: EventRecord): EventRecord {
  const long = Object.entries(record).filter(([, value]) => isLong(value));
  if (long.length === 0) return record;
  const cut = long.map(([name, value]): [string, string] => [name, `${String(value).slice(0, MOST_TEXT - 1)}…`]);
  return {...record, ...Object.fromEntries(cut)};
}
