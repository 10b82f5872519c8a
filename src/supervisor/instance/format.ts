const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** A duration for people: `500 ms`, `1.5 s`, `5 min`, `1 h`. */
export function duration(ms: number): string {
  if (ms < SECOND) return `${ms} ms`;
  if (ms % HOUR === 0) return `${ms / HOUR} h`;
  if (ms > MINUTE && ms % MINUTE === 0) return `${ms / MINUTE} min`;
  return `${Math.round(ms / 100) / 10} s`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Bytes for people: `512 MiB`, `1.5 GiB`. */
export function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Math.round(value * 10) / 10} ${UNITS[unit] ?? 'B'}`;
}
