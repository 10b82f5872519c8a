/** Lines of the journal as they are read: this version may not have written them, so each is checked before it is believed. */
import {EVENTS, type EventType, type JournalEvent} from './events.ts';
import type {EventKind, Severity} from './kind.ts';

/** One line. */
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

/** Whether it is an event of this version, with all that belongs to it. */
export const isEvent = (record: Untold): record is JournalEvent => kindOf(record)?.holds(record) ?? false;

/** How grave it is; what another version has written is plain. */
export const severityOf = (record: Untold): Severity => kindOf(record)?.severityOf(record) ?? 'plain';

/** Whether a foreground `up` shows it. */
export const isShown = (record: Untold): boolean => kindOf(record)?.isShown(record) ?? false;

/** The hook that it calls; null: none. */
export const hookOf = (record: Untold): string | null => kindOf(record)?.hookOf(record) ?? null;
