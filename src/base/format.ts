/**
 * Formats durations, sizes and times for people. Numbers may come from foreign files and messages: invalid ones are
 * shown as `?`.
 */

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

/** A larger number is not exact, and no real duration or size is that large. */
const isSensible = (number: number): boolean => Math.abs(number) <= Number.MAX_SAFE_INTEGER;

/** Formats an elapsed time in its two largest units, rounded down: `3m12s`, `2h5m`, `850ms`. */
export function formatDuration(ms: number): string {
  if (!isSensible(ms)) return '?';
  if (ms < 1000) return `${Math.max(0, Math.round(ms))}ms`;
  const first = UNITS.findIndex(([, size]) => ms >= size);
  const [unit, size] = UNITS[first] ?? ['s', 1000];
  const whole = Math.floor(ms / size);
  const next = UNITS[first + 1];
  if (!next) {
    const tenths = Math.floor((ms % 1000) / 100);
    return whole < 10 && tenths > 0 ? `${whole}.${tenths}s` : `${whole}s`;
  }
  const rest = Math.floor((ms % size) / next[1]);
  return rest > 0 ? `${whole}${unit}${rest}${next[0]}` : `${whole}${unit}`;
}

/** Formats a configured duration exactly, as a fleet file has it: `90s`, `10500ms`, `1h`. */
export function exactDuration(ms: number): string {
  if (!isSensible(ms)) return '?';
  if (ms === 0) return '0s';
  const [unit, size] = UNITS.find(([, one]) => ms % one === 0) ?? ['ms', 1];
  return `${ms / size}${unit}`;
}

/**
 * Formats a size in binary units, as top(1) does: `812K`, `34.5M`, `1.2G`.
 *
 * @param digits decimals of values from 100 up: 1 tells a value just above a limit from the limit
 */
export function formatBytes(bytes: number, digits: 0 | 1 = 0): string {
  if (!isSensible(bytes)) return '?';
  let value = Math.max(0, bytes);
  if (value < 1024) return `${Math.round(value)}B`;
  for (const unit of ['K', 'M', 'G', 'T']) {
    value /= 1024;
    if (value < 1024 || unit === 'T') return `${value.toFixed(value < 100 ? 1 : digits)}${unit}`;
  }
  return '?';
}

const two = (number: number): string => String(number).padStart(2, '0');

/** Formats a local time: `14:03:22` if it is today, else `2024-05-01 14:03:22`. */
export function formatTime(at: string | number, now = Date.now()): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return '?';
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  const day = (one: Date) => `${one.getFullYear()}-${two(one.getMonth() + 1)}-${two(one.getDate())}`;
  return day(date) === day(new Date(now)) ? time : `${day(date)} ${time}`;
}

export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number} ${number === 1 ? one : many}`;
