/** Which events a foreground `up` shows: what a person wants to know who looks at the output. */
import type {EventRecord} from '../../journal/events.ts';

const NEWS = new Set([
  'ready',
  'spawn-failed',
  'backoff',
  'storm-began',
  'storm-over',
  'adopted',
  'health-failed',
  'watchdog-missed',
  'hook-failed',
  'hook-dropped',
  'survivor',
  'not-proved',
  'controller-lost',
  'keeper-lost',
  'upgraded',
  'upgrade-failed',
  'keeper-slow',
  'plan-applied',
]);
/** Ends that somebody has asked for. */
const MEANT = new Set(['stop', 'restart', 'changed', 'group']);

export function isNews({type, ...record}: EventRecord): boolean {
  if (type === 'exited') return !MEANT.has(String(record['reason']));
  if (type === 'status-changed') return record['to'] === 'failed' || record['to'] === 'finished';
  return NEWS.has(type);
}
