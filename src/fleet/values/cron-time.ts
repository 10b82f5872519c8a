import type {Cron} from './cron.ts';

/** Number of years whose days are searched: no schedule that is ever due pauses for longer. */
const YEARS = 50;
const DAYS = YEARS * 366;
const DAY_MS = 86_400_000;

/**
 * Returns the next due time of a schedule after a moment, in ms since 1970, or null if there is none. Every minute of
 * local time counts once: where clocks go back, only the first of two minutes of the same name is due, and where they
 * go forward, skipped minutes are not due at all.
 */
export function nextTime(cron: Cron, after: number): number | null {
  const now = new Date(after);
  const today = Date.UTC(now.getFullYear(), now.getMonth(), now.getDate());
  for (let day = 0; day < DAYS; day++) {
    const date = new Date(today + day * DAY_MS);
    if (!isDay(cron, date)) continue;
    const time = firstOf(cron, date, after, day === 0 ? now.getHours() : 0);
    if (time !== null) return time;
  }
  return null;
}

/** @param date the day at midnight UTC, so that all days have the same length */
function isDay({months, daysOfMonth, daysOfWeek, eitherDay}: Cron, date: Date): boolean {
  if (!months.includes(date.getUTCMonth() + 1)) return false;
  const ofMonth = daysOfMonth.includes(date.getUTCDate());
  const ofWeek = daysOfWeek.includes(date.getUTCDay());
  return eitherDay ? ofMonth || ofWeek : ofMonth && ofWeek;
}

function firstOf({hours, minutes}: Cron, date: Date, after: number, fromHour: number): number | null {
  for (const hour of hours) {
    if (hour < fromHour) continue;
    for (const minute of minutes) {
      // For an ambiguous local time, this is the first moment (ECMA-262, LocalTime); for a skipped one, a different
      // time.
      const time = new Date(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate(), hour, minute);
      const exists = time.getHours() === hour && time.getMinutes() === minute;
      if (exists && time.getTime() > after) return time.getTime();
    }
  }
  return null;
}
