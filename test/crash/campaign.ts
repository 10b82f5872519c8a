/** Many points, several at once. */
import type {Program} from './build.ts';
import {labelOf, pointsOf, type Point} from './point.ts';
import {inject, record, type Result} from './run.ts';
import type {Scenario} from './trial.ts';

/** So often is it tried to come by a point. */
const TRIES = 10;

export interface Recorded {
  /** Those that are passed each time. */
  readonly points: readonly Point[];
  /** Those that are not: what another process is doing, or a timer, decides whether anybody comes by. */
  readonly byChance: readonly Point[];
  /** The sites that were passed, by number: of some, no moment is another one's. */
  readonly reached: ReadonlySet<number>;
}

/** The same in all steps of all scenarios. */
const momentOf = ({part, site, place, path}: Point): string => [part, site, place, path].join('\t');

/** Whether a point is to be run in this scenario. */
const isOwn =
  ({steps, elsewhere = []}: Scenario) =>
  ({phase}: Point): boolean =>
    steps.some(({name}) => name === phase) && !elsewhere.includes(phase);

/** @param recordings so often each scenario is gone through */
export async function recordAll(program: Program, scenarios: readonly Scenario[], recordings = 1): Promise<Recorded> {
  const points: Point[] = [];
  const byChance: Point[] = [];
  const reached = new Set<number>();
  const known = new Set<string>();
  const recorded: Map<string, string[]>[][] = [];
  for (let count = 0; count < recordings; count++)
    recorded.push(await Promise.all(scenarios.map(scenario => record(program, scenario))));
  scenarios.forEach((scenario, index) => {
    /** By its label: so often it was passed. */
    const seen = new Map<string, {readonly point: Point; times: number}>();
    for (const passed of recorded.flatMap(all => all[index] ?? [])) {
      for (const point of pointsOf(scenario.name, passed, program.sites).filter(isOwn(scenario))) {
        const label = labelOf(point, program.sites);
        const before = seen.get(label);
        if (before) before.times++;
        else seen.set(label, {point, times: 1});
      }
      for (const line of [...passed.values()].flat()) reached.add(Number(line.split('\t')[2]));
    }
    const own = [...seen.values()].filter(({point}) => !scenario.onlyNew || !known.has(momentOf(point)));
    for (const {point, times} of own) (times === recordings ? points : byChance).push(point);
    for (const {point} of seen.values()) known.add(momentOf(point));
  });
  return {points, byChance, reached};
}

export async function injectAll(
  program: Program,
  scenarios: readonly Scenario[],
  points: readonly Point[],
  jobs: number,
  told: (point: Point, result: Result) => void,
): Promise<void> {
  const waiting = [...points];
  const work = async (): Promise<void> => {
    for (let point = waiting.shift(); point; point = waiting.shift()) {
      const {scenario: name} = point;
      const scenario = scenarios.find(one => one.name === name);
      if (!scenario) throw new Error(`there is no scenario ${name}`);
      let result = await inject(program, scenario, point);
      // What another process was doing at that moment may have brought it there by another way.
      for (let tries = 1; result.outcome === 'missed' && tries < TRIES; tries++)
        result = await inject(program, scenario, point);
      told(point, result);
    }
  };
  await Promise.all(Array.from({length: jobs}, work));
}
