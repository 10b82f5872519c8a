/** Many points, several at once. */
import type {Program} from './build.ts';
import {pointsOf, type Point} from './point.ts';
import {inject, record, type Result} from './run.ts';
import type {Scenario} from './trial.ts';

/** So often is it tried to come by a point. */
const TRIES = 6;

export interface Recorded {
  readonly points: readonly Point[];
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

export async function recordAll(program: Program, scenarios: readonly Scenario[]): Promise<Recorded> {
  const points: Point[] = [];
  const reached = new Set<number>();
  const all = await Promise.all(scenarios.map(async scenario => ({scenario, passed: await record(program, scenario)})));
  const known = new Set<string>();
  for (const {scenario, passed} of all) {
    const own = pointsOf(scenario.name, passed, program.sites).filter(isOwn(scenario));
    points.push(...(scenario.onlyNew ? own.filter(point => !known.has(momentOf(point))) : own));
    for (const point of own) known.add(momentOf(point));
    for (const line of [...passed.values()].flat()) reached.add(Number(line.split('\t')[2]));
  }
  return {points, reached};
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
