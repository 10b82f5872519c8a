/** When schedules are due, in local time. The core itself has no time zone. */
import {parseCron} from '../../fleet/values/cron.ts';
import {nextTime} from '../../fleet/values/cron-time.ts';
import type {Calendar} from '../../supervisor/index.ts';

/** The last possible time (ECMA-262), for a schedule that is never due. */
export const NEVER = 8.64e15;

const two = (value: number): string => String(value).padStart(2, '0');

export const calendar: Calendar = {
  next(schedule, after) {
    const parsed = parseCron(schedule);
    // The fleet file was checked; a schedule from elsewhere must at least not run at a time that nobody meant.
    return ('problem' in parsed ? null : nextTime(parsed.cron, after)) ?? NEVER;
  },
  describe(at) {
    if (at === NEVER) return 'never';
    const time = new Date(at);
    const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
    return `${day} ${two(time.getHours())}:${two(time.getMinutes())}`;
  },
};
