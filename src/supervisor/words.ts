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
