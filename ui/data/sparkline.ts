/** Numbers as a line of bars. */

/**
 * One character a value, the latest at the right.
 *
 * @param full what fills a bar; larger ones fill it, too
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
