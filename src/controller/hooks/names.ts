/** Which hook a record of the journal calls. */
import type {EventRecord} from '../../journal/events.ts';

const BY_TYPE: Readonly<Record<string, string>> = {
  spawned: 'start',
  ready: 'ready',
  exited: 'exit',
  'health-failed': 'unhealthy',
  // By its schedule it begins again, but this run has failed for good.
  'run-failed': 'failed',
};

/** Those of its statuses that have a hook bear its name. */
const STATUSES: ReadonlySet<unknown> = new Set(['backoff', 'finished', 'failed', 'stopped']);

/** Null where there is none for it. */
export function hookOf(record: Pick<EventRecord, 'type'> & {readonly [field: string]: unknown}): string | null {
  if (record.type === 'status-changed') return STATUSES.has(record['to']) ? String(record['to']) : null;
  return BY_TYPE[record.type] ?? null;
}
