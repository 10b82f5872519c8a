/** Runs many points, several at once. */
import type {Program} from './build.ts';
import {labelOf, pointsOf, type Point} from './point.ts';
import {inject, record, type Result} from './run.ts';
import type {Scenario} from './trial.ts';

/** Attempts to reach a point. */
const TRIES = 10;

export interface Recorded {
  /** Points passed in every recording. */
  readonly points: readonly Point[];
  /** Points not passed in every recording: another process or a timer decides whether they are reached. */
  readonly byChance: readonly Point[];
  /** The sites passed, by number. Some of them are no moment of their own. */
  readonly reached: ReadonlySet<number>;
}

/** Identifies a moment across all steps and scenarios. */
const momentOf = ({part, site, place, path}: Point): string => [part, site, place, path].join('\t');

/** Whether a point is to be run in this scenario. */
const isOwn =
  ({steps, elsewhere = []}: Scenario) =>
  ({phase}: Point): boolean =>
    steps.some(({name}) => name === phase) && !elsewhere.includes(phase);

/** @param recordings the number of recordings of each scenario */
export async function recordAll(program: Program, scenarios: readonly Scenario[], recordings = 1): Promise<Recorded> {
  const points: Point[] = [];
  const byChance: Point[] = [];
  const reached = new Set<number>();
  const known = new Set<string>();
  const recorded: Map<string, string[]>[][] = [];
  for (let count = 0; count < recordings; count++)
    recorded.push(await Promise.all(scenarios.map(scenario => record(program, scenario))));
  scenarios.forEach((scenario, index) => {
    /** The number of recordings with a point, by its label. */
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
      // The activity of another process may have led to another path.
      for (let tries = 1; result.outcome === 'missed' && tries < TRIES; tries++)
        result = await inject(program, scenario, point);
      told(point, result);
    }
  };
  await Promise.all(Array.from({length: jobs}, work));
}
