/** Schedules: an instance runs once for each due time, and only within that minute. */
import type {Instance, Time} from '../../../src/supervisor/index.ts';
import {CALENDAR, MINUTE_MS, periodOf} from '../calendar.ts';
import {promise} from '../failure.ts';
import type {InstanceRecord} from './records.ts';
import type {Scene} from './scene.ts';

/** Returns whether the instance has run for this due time, also if the clock was set back and reaches it again. */
const isOver = (due: number, ranFor: number | null): boolean => ranFor !== null && due <= ranFor;

/**
 * Checks that the release of an instance by its schedule is on time and the only one for that time.
 *
 * @returns the due time, or the last one if the release was not by schedule
 */
export function releasedFor(
  record: InstanceRecord,
  now: Instance,
  {input, moment, time: {wall}}: Scene,
): number | null {
  const {instance, ranFor} = record;
  const {id, status, worker} = instance;
  const schedule = moment.get(worker)?.spec.schedule ?? null;
  promise(schedule !== null, () => `${id} is released, and has no schedule`);
  // The run of an earlier release has begun, so this is not another one.
  if (input.type === 'spawned' || status === 'backoff' || now.lastDueAt === null) return ranFor;
  promise(input.type === 'tick', () => `${id} begins by its schedule because of ${input.type}`);
  const due = Math.floor(wall / periodOf(schedule)) * periodOf(schedule);
  promise(wall - due < MINUTE_MS, () => `${id} makes up for a run that it has missed`);
  promise(!isOver(due, ranFor), () => `${id} runs for ${due} again`);
  return due;
}

/** Drops a last due time that lies hours ahead: the wall clock was wrong. */
export function dropFutureTime(record: InstanceRecord, {wall}: Time): void {
  const waits = record.instance.nextRunAt !== null;
  if (waits && record.ranFor !== null && record.ranFor - wall > 180 * MINUTE_MS) record.ranFor = null;
}

/** Checks after a tick that an instance whose time has come was released, and that the next time is the right one. */
export function checkSchedule({instance, ranFor}: InstanceRecord, before: Instance, scene: Scene): void {
  const {wall} = scene.time;
  const schedule = scene.moment.get(instance.worker)?.spec.schedule ?? null;
  const {id, nextRunAt, released} = instance;
  promise((nextRunAt !== null) === (schedule !== null && instance.wanted === 'up'), () => `${id} has ${nextRunAt}`);
  if (schedule === null || nextRunAt === null) return;
  let next = CALENDAR.next(schedule, wall);
  while (isOver(next, ranFor)) next += periodOf(schedule);
  promise(nextRunAt === next, () => `${id} is to run at ${nextRunAt}, but its schedule says ${next}`);
  const due = before.nextRunAt;
  if (due === null || before.status !== 'pending' || before.released || due > wall || wall - due >= MINUTE_MS) return;
  promise(released, () => `${id} was due at ${due}, and was not run`);
}
