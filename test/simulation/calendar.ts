// A time zone without surprises: a schedule is due whenever as many minutes of UTC have passed as it says first.
import type {Calendar} from '../../src/supervisor/index.ts';

export const MINUTE_MS = 60_000;

// How many minutes that are, in ms.
export const periodOf = (schedule: string): number => Number(/\d+/.exec(schedule)?.[0] ?? 1) * MINUTE_MS;

export const CALENDAR: Calendar = {
  next(schedule, after) {
    const period = periodOf(schedule);
    return (Math.floor(after / period) + 1) * period;
  },
  describe: at => `${at / MINUTE_MS} min`,
};
