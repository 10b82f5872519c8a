/** Draws numbers as a line of bars. */

/**
 * Returns one character per value, the latest at the right.
 *
 * @param full the value of a full bar; larger values also give a full bar
 */
export function sparkline(values: readonly number[], width: number, full: number, bars: readonly string[]): string {
  const last = values.slice(-width);
  const steps = bars.length - 1;
  const line = last.map(value => {
    if (Number.isNaN(value) || value <= 0) return bars[0] ?? ' ';
    return bars[Math.max(1, Math.min(steps, Math.ceil((value / full) * steps)))] ?? ' ';
  });
  return line.join('').padStart(width);
}
