/** Many points, several at once. */
import type {Program} from './build.ts';
import {pointsOf, type Point} from './point.ts';
import {inject, record, type Result} from './run.ts';
import type {Scenario} from './trial.ts';

export interface Recorded {
  readonly points: readonly Point[];
  /** The sites that were passed, by number: of some, no moment is another one's. */
  readonly reached: ReadonlySet<number>;
}

/** Whether a point is to be run in this scenario. */
const isOwn =
  ({steps, elsewhere = []}: Scenario) =>
  ({phase}: Point): boolean =>
    steps.some(({name}) => name === phase) && !elsewhere.includes(phase);

export async function recordAll(program: Program, scenarios: readonly Scenario[]): Promise<Recorded> {
  const points: Point[] = [];
  const reached = new Set<number>();
  const all = await Promise.all(scenarios.map(async scenario => ({scenario, passed: await record(program, scenario)})));
  for (const {scenario, passed} of all) {
    points.push(...pointsOf(scenario.name, passed, program.sites).filter(isOwn(scenario)));
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
      if (result.outcome === 'missed') result = await inject(program, scenario, point);
      told(point, result);
    }
  };
  await Promise.all(Array.from({length: jobs}, work));
}
