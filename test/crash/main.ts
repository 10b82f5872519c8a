/**
 * Makes every process of the supervisor die at every point that it passes, and checks that all recovers.
 *
 * POINT='…' runs those whose label contains it; COUNT=50 SEED=1 a sample; JOBS=3 so many at once; LIST=1 prints all
 * labels; MUTANTS='…' plants bugs (mutants.ts). The output is kept in .cache/crash/report.txt.
 */
import {appendFileSync, mkdirSync, writeFileSync} from 'node:fs';
import {availableParallelism} from 'node:os';
import {buildProgram} from './build.ts';
import {injectAll, recordAll} from './campaign.ts';
import {labelOf, type Point} from './point.ts';
import type {Result} from './run.ts';
import {sample} from './sample.ts';
import {SCENARIOS} from './scenarios.ts';

const text = (name: string): string | undefined => process.env[name] || undefined;
const number = (name: string, otherwise: number): number => Number(text(name) ?? otherwise);

/** A point passed in each of so many recordings counts as always passed. */
const RECORDINGS = 5;
const EVERY = 25;
const REPORT = '.cache/crash/report.txt';
const say = (line: string): void => {
  console.log(line);
  appendFileSync(REPORT, `${line}\n`);
};

mkdirSync('.cache/crash', {recursive: true});
writeFileSync(REPORT, '');
const wanted = text('POINT');
const program = buildProgram(text('MUTANTS')?.split(','));
const scenarios = SCENARIOS.filter(({name}) => name.includes(text('SCENARIO') ?? ''));
const {points, byChance, reached} = await recordAll(program, scenarios, RECORDINGS);
const label = (point: Point): string => labelOf(point, program.sites);

program.sites.forEach(({at, callee}, id) => {
  if (!reached.has(id)) say(`never reached: ${at} ${callee}`);
});
const all = [...points, ...byChance];
say(
  `${program.sites.length} places in the sources, ${reached.size} of them reached; ${points.length} points, and ${byChance.length} that are passed by chance`,
);
if (text('LIST') !== undefined) for (const point of all) console.log(label(point));

const chosen = sample(
  all.filter(point => wanted === undefined || label(point).includes(wanted)),
  number('COUNT', Infinity),
  number('SEED', 1),
);
// If there is no time for all of them, each has been run once.
chosen.sort((a, b) => a.time - b.time);
const results: {readonly point: Point; readonly result: Result}[] = [];
const began = performance.now();
await injectAll(program, scenarios, chosen, number('JOBS', Math.max(2, availableParallelism())), (point, result) => {
  results.push({point, result});
  if (result.outcome === 'failed') {
    say(`FAILED ${label(point)}\n    ${result.faults.join('\n').replaceAll('\n', '\n    ')}`);
  } else if (wanted !== undefined) say(`${result.outcome} ${label(point)} (${Math.round(result.ms)} ms)`);
  if (results.length % EVERY === 0) {
    console.log(`${results.length} of ${chosen.length} after ${Math.round((performance.now() - began) / 1000)} s`);
  }
});

const chance = new Set(byChance);
const of = (outcome: Result['outcome'], set = results): typeof results =>
  set.filter(({result}) => result.outcome === outcome);
const certain = results.filter(({point}) => !chance.has(point));
const other = results.filter(({point}) => chance.has(point));
for (const {point} of of('missed', certain)) say(`missed: ${label(point)}`);
for (const {point} of of('missed', other)) say(`not passed again, by chance: ${label(point)}`);
for (const [name, set] of [
  ['points', certain],
  ['points that are passed by chance', other],
] as const)
  say(
    `${set.length} ${name} run: ${of('recovered', set).length} recovered, ${of('failed', set).length} failed, ${of('missed', set).length} missed`,
  );
for (const {point, result} of of('failed')) {
  say(`  make crash POINT='${label(point)}'\n      ${result.faults[0]?.split('\n')[0] ?? ''}`);
}
process.exitCode = of('failed').length + of('missed', certain).length > 0 ? 1 : 0;
