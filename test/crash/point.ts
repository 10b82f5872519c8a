/** Points at which a process can be made to die, from what was passed when nothing died. */
import type {Site} from './effects.ts';
import type {Place} from './runtime.ts';

export interface Point {
  readonly scenario: string;
  readonly phase: string;
  /** `keeper`, `controller`, `cli`, ... */
  readonly part: string;
  readonly site: number;
  readonly place: Place;
  /** The functions that lead there. */
  readonly path: string;
  /** Which time it is that a process comes there in that phase, from 1 on. */
  readonly time: number;
}

/** As it is printed, and named to be run again. */
export function labelOf({scenario, phase, part, site, place, path, time}: Point, sites: readonly Site[]): string {
  const {at, callee} = sites[site] ?? {at: '?', callee: '?', local: false};
  const again = time === 1 ? '' : ` time ${time}`;
  return `${scenario}/${phase} ${part} ${place} ${at} ${callee} by ${path || 'the event loop'}${again}`;
}

/** The same thing done so often in one phase is done as often as it takes: later times differ in nothing. */
export const MOST_TIMES = 3;

/**
 * The points of a scenario: the first times that a process comes there in a phase, by each path.
 *
 * Between the end of one call and the beginning of the next in the same turn of the event loop nothing happens that
 * anybody could see, so these are one moment: the place after a call counts only where the turn ends there. So are the
 * moments before and after a call of which nothing outlives the process.
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
