import {exactDuration} from '../../base/format.ts';

const UNITS = {ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000} as const;

/** Ten years: far beyond any meant value, and well within what a double represents exactly. */
export const LONGEST_DURATION_MS = 3650 * UNITS.d;

/** A duration, or the reason why the text is not one. */
export type DurationResult = {readonly ms: number} | {readonly problem: string};

function unitOf(text: string): number | undefined {
  return Object.entries(UNITS).find(([unit]) => unit === text)?.[1];
}

/**
 * Parses `500ms`, `10s`, `1.5s`, `5m`, `1h`, `7d`. A bare number is rejected, since it does not show whether seconds or
 * milliseconds are meant.
 */
export function parseDuration(text: string): DurationResult {
  const match = /^(\d{1,15}(?:\.\d{1,9})?)([a-zA-Z]*)$/.exec(text);
  const [, number = '', unit = ''] = match ?? [];
  if (match === null) return {problem: 'expected a duration such as 500ms, 10s, 5m, 1h or 7d'};
  if (unit === '')
    return {problem: `${number} has no unit: write ${number}s for seconds or ${number}ms for milliseconds`};
  const factor = unitOf(unit);
  if (factor === undefined) return {problem: `${unit} is not a unit of time: write ms, s, m, h or d, as in 10s`};
  const ms = Math.round(Number(number) * factor * 1e6) / 1e6;
  if (!Number.isInteger(ms)) return {problem: 'is not a whole number of milliseconds: write 1ms or more'};
  if (ms > LONGEST_DURATION_MS) return {problem: `is longer than ${exactDuration(LONGEST_DURATION_MS)}`};
  return {ms};
}
