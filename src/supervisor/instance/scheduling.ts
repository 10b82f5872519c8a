/**
 * Workers with a schedule: pending between runs, no overlap, and what was missed is skipped. Times here are those of the
 * wall clock (ms): what is due at three o'clock is due when clocks say so, however often they are set.
 */
import type {Context, Handler} from './events.ts';
import {line, ofInstance} from './journal.ts';
import {NO_HISTORY} from './restart.ts';
import type {Effect, Instance} from '../types.ts';

/** A run that does not begin within the minute for which it was due was missed. */
const MINUTE_MS = 60_000;
/** A clock that was set back further than that was wrong before: what it said then means nothing (as cron(8) has it). */
const FURTHEST_BACK_MS = 3 * 60 * MINUTE_MS;

/** Whether it only waits for its time. */
export function waitsForTime({status, nextRunAt, released}: Instance): boolean {
  return status === 'pending' && nextRunAt !== null && !released;
}

/** Finds out anew when it is due: it has begun to wait, its schedule is another one, or the clock was set back. */
export const reschedule: Handler<'reschedule'> = (instance, _event, context) => {
  const {lastDueAt: last} = instance;
  const lastDueAt = last !== null && last - context.now.wall > FURTHEST_BACK_MS ? null : last;
  const nextRunAt = instance.wanted === 'up' ? nextOf({lastDueAt}, context) : null;
  const same = nextRunAt === instance.nextRunAt && lastDueAt === last;
  return [same ? instance : {...instance, lastDueAt, nextRunAt}, []];
};

/** A minute that it was run for is over, also if a clock that was set back says it again. */
function nextOf({lastDueAt}: Pick<Instance, 'lastDueAt'>, {spec, now, calendar}: Context): number | null {
  return spec.schedule === null ? null : calendar.next(spec.schedule, Math.max(now.wall, lastDueAt ?? -Infinity));
}

/** It waited for this: it runs as soon as it can, with a clean slate. */
export const timeHasCome: Handler<'schedule-due'> = (instance, _event, context) => {
  const due = instance.nextRunAt;
  if (due === null) return [instance, []];
  if (isMissed(due, context)) return skipped(instance, due, 'nobody was there at that time', context);
  if (instance.released) return skipped(instance, due, 'the run before has not begun yet', context);
  const begun = {...instance, ...NO_HISTORY, released: true, lastDueAt: due};
  return [{...begun, nextRunAt: nextOf(begun, context)}, []];
};

/** Its run has not ended, or is to be tried again. */
export const timeIsSkipped: Handler<'schedule-due'> = (instance, _event, context) => {
  const due = instance.nextRunAt;
  if (due === null) return [instance, []];
  const why = isMissed(due, context) ? 'nobody was there at that time' : 'the run before has not ended';
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

/** What becomes of one whose run is over and not tried again: it waits for its next time, however it went. */
export function untilNextTime(instance: Instance, reason: string): Instance {
  return {...instance, status: 'pending', released: false, reason};
}
