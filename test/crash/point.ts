/** The points at which a process can be made to die, from the records of a run without a crash. */
import type {Site} from './effects.ts';
import type {Place} from './runtime.ts';

export interface Point {
  readonly scenario: string;
  readonly phase: string;
  /** `keeper`, `controller`, `cli`, ... */
  readonly part: string;
  readonly site: number;
  readonly place: Place;
  /** The calling functions. */
  readonly path: string;
  /** Which pass through the place in that phase, from 1 on. */
  readonly time: number;
}

/** Returns the label for printing, and for selecting the point to run again. */
export function labelOf({scenario, phase, part, site, place, path, time}: Point, sites: readonly Site[]): string {
  const {at, callee} = sites[site] ?? {at: '?', callee: '?', local: false};
  const again = time === 1 ? '' : ` time ${time}`;
  return `${scenario}/${phase} ${part} ${place} ${at} ${callee} by ${path || 'the event loop'}${again}`;
}

/** Repetitions of one thing within a phase depend on its duration: later ones do not differ. */
export const MOST_TIMES = 3;

/**
 * Returns the points of a scenario: the first passes through a place in a phase, by each path.
 *
 * Between the end of one call and the beginning of the next in the same turn of the event loop, no visible event
 * occurs, so these are one moment: the place after a call counts only if the turn ends there. The same holds for the
 * moments before and after a call whose effects end with the process.
 *
 * @param passed process (`keeper.4711`) to the lines that it wrote
 */
export function pointsOf(
  scenario: string,
  passed: ReadonlyMap<string, readonly string[]>,
  sites: readonly Site[],
): Point[] {
  const points = new Map<string, Point>();
  for (const [who, lines] of passed) {
    const part = who.replace(/\.\d+$/, '');
    const moments = lines.map(line => line.split('\t'));
    const times = new Map<string, number>();
    moments.forEach(([turn, phase = '', site = '', place = '', path = ''], index) => {
      const key = [part, phase, site, place, path].join('\t');
      const time = (times.get(key) ?? 0) + 1;
      times.set(key, time);
      if (time > MOST_TIMES) return;
      const same = place !== 'before' || sites[Number(site)]?.local === true;
      if (same && moments[index + 1]?.[0] === turn) return;
      points.set(`${key}\t${time}`, {scenario, phase, part, site: Number(site), place: place as Place, path, time});
    });
  }
  return [...points.values()];
}
