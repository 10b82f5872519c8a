/** Records as read from the journal. Another version may have written them, so each is checked before use. */
import {EVENTS, type EventType, type JournalEvent} from './events.ts';
import type {EventKind, Severity} from './kind.ts';

/** One line of the journal. */
export interface EventRecord {
  readonly seq: number;
  /** ISO 8601. */
  readonly at: string;
  readonly type: string;
  readonly worker?: string;
  readonly instance?: number;
  readonly pid?: number;
  readonly [field: string]: unknown;
}

type Untold = Readonly<Record<string, unknown>> & {readonly type: string};

const isKnown = (type: string): type is EventType => Object.hasOwn(EVENTS, type);
const kindOf = ({type}: Untold): EventKind | null => (isKnown(type) ? EVENTS[type] : null);

/** Returns whether a record is an event of this version with all its fields. */
export const isEvent = (record: Untold): record is JournalEvent => kindOf(record)?.holds(record) ?? false;

/** Returns the severity of a record. An unknown event of another version is plain. */
export const severityOf = (record: Untold): Severity => kindOf(record)?.severityOf(record) ?? 'plain';

/** Returns whether a foreground `up` shows a record. */
export const isShown = (record: Untold): boolean => kindOf(record)?.isShown(record) ?? false;

/** Returns the hook that a record calls, or null. */
export const hookOf = (record: Untold): string | null => kindOf(record)?.hookOf(record) ?? null;
