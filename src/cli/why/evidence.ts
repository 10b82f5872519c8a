/** The evidence for a story of `brood why`. */
import type {EventRecord} from '../../journal/record.ts';
import type {InstanceDetail} from '../../control/reports.ts';
import {plainText} from '../../text/sanitize.ts';

/** The sources of a story. */
export interface Evidence {
  readonly id: string;
  /** The journal records of this instance, oldest first. */
  readonly records: readonly EventRecord[];
  /** Null if the supervisor is down or does not answer. */
  readonly detail: InstanceDetail | null;
  /** The states of the dependencies that the instance waits for: `db/1 is failed (exit code 3)`. */
  readonly dependencies: readonly string[];
  /** The last lines of output before the end. */
  readonly lastWords: readonly string[];
  readonly now: number;
}

/** The last end in the journal. */
export interface End {
  readonly record: EventRecord;
  /** The start of that run; null if the run never began, or the journal does not reach back. */
  readonly spawned: EventRecord | null;
  /** The start of the next run; null if there was none. */
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

/** Returns the last status in the journal, and its reason. */
function lastStatus(records: readonly EventRecord[]): {status: string; reason: string} | null {
  const record = records.findLast(({type}) => type === 'status-changed');
  return record ? {status: text(record['to']), reason: text(record['reason'])} : null;
}

export function statusOf({detail, records}: Pick<Evidence, 'detail' | 'records'>): {status: string; reason: string} {
  const {status, reason} = detail ?? lastStatus(records) ?? {status: 'unknown', reason: ''};
  return {status: plainText(status), reason: plainText(reason ?? '')};
}
