/** What a story is told from. */
import type {EventRecord} from '../../journal/record.ts';
import type {InstanceDetail} from '../../control/reports.ts';
import {plainText} from '../../words/sanitize.ts';

/** What there is to tell from. */
export interface Evidence {
  readonly id: string;
  /** Of this instance, oldest first. */
  readonly records: readonly EventRecord[];
  /** Null while the supervisor is down. */
  readonly detail: InstanceDetail | null;
  /** How workers that it depends on are, where that is what keeps it: `db/1 is failed: exit code 3`. */
  readonly dependencies: readonly string[];
  /** What it wrote last before its end. */
  readonly lastWords: readonly string[];
  readonly now: number;
}

/** The last end that the journal tells of. */
export interface End {
  readonly record: EventRecord;
  /** The start of that run; null if it never began, or the journal does not reach back. */
  readonly spawned: EventRecord | null;
  /** The start of the run after it; null if there was none. */
  readonly next: EventRecord | null;
}

export function lastEnd(records: readonly EventRecord[]): End | null {
  const at = records.findLastIndex(({type}) => type === 'exited' || type === 'spawn-failed');
  const record = records[at];
  if (!record) return null;
  const next = records.slice(at + 1).find(({type}) => type === 'spawned') ?? null;
  if (record.type === 'spawn-failed') return {record, spawned: null, next};
  return {record, spawned: records.slice(0, at).findLast(({type}) => type === 'spawned') ?? null, next};
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The last status that the journal tells of, and why. */
function lastStatus(records: readonly EventRecord[]): {status: string; reason: string} | null {
  const record = records.findLast(({type}) => type === 'status-changed');
  return record ? {status: text(record['to']), reason: text(record['reason'])} : null;
}

export function statusOf({detail, records}: Pick<Evidence, 'detail' | 'records'>): {status: string; reason: string} {
  const {status, reason} = detail ?? lastStatus(records) ?? {status: 'unknown', reason: ''};
  return {status: plainText(status), reason: plainText(reason ?? '')};
}
