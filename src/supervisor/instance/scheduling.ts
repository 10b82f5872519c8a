/**
 * Workers with a schedule: pending between runs, no overlap, and missed runs are skipped. Times here are wall clock
 * (ms): a run due at three o'clock starts when the clock shows three, however often the clock is set.
 */
import type {Context, Handler} from './events.ts';
import {line, ofInstance} from './journal.ts';
import {NO_HISTORY} from './restart.ts';
import type {Effect, Instance} from '../types.ts';

/** A run that does not start within the minute for which it was due is missed. */
const MINUTE_MS = 60_000;
/** If the clock is set back further than this, it was wrong before, and earlier times are ignored (as by cron(8)). */
const FURTHEST_BACK_MS = 3 * 60 * MINUTE_MS;

/** Returns whether an instance only waits for its scheduled time. */
export function waitsForTime({status, nextRunAt, released}: Instance): boolean {
  return status === 'pending' && nextRunAt !== null && !released;
}

/** Computes the due time when the wait starts, the schedule changes, or the clock was set back. */
export const reschedule: Handler<'reschedule'> = (instance, _event, context) => {
  const {lastDueAt: last} = instance;
  const lastDueAt = last !== null && last - context.now.wall > FURTHEST_BACK_MS ? null : last;
  const nextRunAt = instance.wanted === 'up' ? nextOf({lastDueAt}, context) : null;
  const same = nextRunAt === instance.nextRunAt && lastDueAt === last;
  return [same ? instance : {...instance, lastDueAt, nextRunAt}, []];
};

/** Returns the next due time. The minute of the last run does not occur again, even if the clock was set back. */
function nextOf({lastDueAt}: Pick<Instance, 'lastDueAt'>, {spec, now, calendar}: Context): number | null {
  return spec.schedule === null ? null : calendar.next(spec.schedule, Math.max(now.wall, lastDueAt ?? -Infinity));
}

/** Releases an instance at its due time: it runs as soon as possible, with a reset history. */
export const timeHasCome: Handler<'schedule-due'> = (instance, _event, context) => {
  const due = instance.nextRunAt;
  if (due === null) return [instance, []];
  if (isMissed(due, context)) return skipped(instance, due, 'the supervisor was not active at that time', context);
  if (instance.released) return skipped(instance, due, 'the previous run has not started yet', context);
  const begun = {...instance, ...NO_HISTORY, released: true, lastDueAt: due};
  return [{...begun, nextRunAt: nextOf(begun, context)}, []];
};

/** Skips a due time while the previous run has not ended or will be retried. */
export const timeIsSkipped: Handler<'schedule-due'> = (instance, _event, context) => {
  const due = instance.nextRunAt;
  if (due === null) return [instance, []];
  const why = isMissed(due, context) ? 'the supervisor was not active at that time' : 'the previous run has not ended';
  return skipped(instance, due, why, context);
};

function isMissed(due: number, {now}: Context): boolean {
  return now.wall - due >= MINUTE_MS;
}

function skipped(instance: Instance, due: number, reason: string, context: Context): [Instance, Effect[]] {
  return [
    {...instance, nextRunAt: nextOf(instance, context)},
    [line({type: 'schedule-skipped', ...ofInstance(instance), due: new Date(due).toISOString(), reason})],
  ];
}

/** Makes an instance wait for its next time after a run that is not retried, whatever its result. */
export function untilNextTime(instance: Instance, reason: string): Instance {
  return {...instance, status: 'pending', released: false, reason};
}
