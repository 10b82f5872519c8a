/**
 * Invariants of one instance: they hold after every step of the core. The check takes a few comparisons, so the running
 * program makes it for each changed instance; the checks of the whole fleet are part of the simulation.
 */
import {isAlive} from './instance.ts';
import type {Instance, Status} from '../types.ts';

const isIdle = (i: Instance): boolean => i.wanted === 'up' && i.run === null && i.backoff === null;
const isRunning = (i: Instance): boolean =>
  i.run !== null && i.run.ending === null && i.clearing === null && i.backoff === null;

const LEGAL: Readonly<Record<Status, (i: Instance) => boolean>> = {
  stopped: i => i.wanted === 'down' && !isAlive(i) && i.backoff === null,
  pending: isIdle,
  starting: isRunning,
  ready: i => isRunning(i) && i.run?.pid !== null,
  stopping: i =>
    i.backoff === null && (i.run === null ? i.clearing !== null : i.run.ending !== null && i.clearing === null),
  backoff: i => i.wanted === 'up' && i.run === null && i.backoff !== null && i.reason !== null,
  finished: isIdle,
  failed: i => isIdle(i) && i.reason !== null,
};

/** Returns the invariant that an instance violates, in words, or null. */
export function violationOf(instance: Instance): string | null {
  const {status, run, wanted} = instance;
  if (!LEGAL[status](instance)) return `wanted state, run and backoff do not fit the status ${status}`;
  if (instance.unhealthy && run === null) return 'unhealthy without a run';
  if (instance.leaving && wanted !== 'down') return 'leaving, but wanted up';
  if (instance.nextRunAt !== null && wanted !== 'up') return 'scheduled, but wanted down';
  if (run === null) return null;
  if (run.readyAt !== null && status !== 'starting') return `a readiness time while ${status}`;
  if (run.readyBy !== null && status !== 'starting') return `a readiness deadline while ${status}`;
  if ((run.pid === null) !== (run.startedAt === null))
    return 'a pid without a start time, or a start time without a pid';
  if (run.ending !== null && (run.alarmAt !== null || run.endAt !== null))
    return 'deadlines of a run that is being ended';
  return null;
}
