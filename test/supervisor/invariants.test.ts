/** Invariants of one instance: each violation is named, and the core reports it and goes on. */
import {expect, test} from 'vitest';
import {restoreCore} from '../../src/supervisor/index.ts';
import {newInstance, newRun} from '../../src/supervisor/instance/instance.ts';
import {violationOf} from '../../src/supervisor/instance/invariants.ts';
import type {Instance, Run} from '../../src/supervisor/types.ts';
import {Bench, worker} from './harness.ts';

const run: Run = {...newRun('t1', 0), pid: 7, startTime: '70', startedAt: 1};
const ending: Run = {...run, ending: 'stop'};
const up = newInstance('web', 1, 'up');
const ready: Instance = {...up, status: 'ready', run};

test.each<[string, Partial<Instance>]>([
  ['pending', {}],
  ['starting, before its spawn', {status: 'starting', run: newRun('t1', 0)}],
  ['starting, with deadlines', {status: 'starting', run: {...run, readyAt: 5, readyBy: 9}}],
  ['ready', ready],
  ['unhealthy', {...ready, unhealthy: true}],
  ['stopping', {...ready, status: 'stopping', run: ending}],
  ['being cleared', {status: 'stopping', wanted: 'down', clearing: 't1'}],
  ['stopped', {status: 'stopped', wanted: 'down'}],
  ['failed', {status: 'failed', reason: 'exit code 1'}],
])('an instance that is %s violates none', (_, change) => {
  expect(violationOf({...up, ...change})).toBeNull();
});

test.each<[string, Partial<Instance>, RegExp]>([
  ['ready without a run', {status: 'ready'}, /do not fit the status ready/],
  ['ready without a pid', {...ready, run: newRun('t1', 0)}, /do not fit the status ready/],
  ['stopped with a run', {...ready, status: 'stopped', wanted: 'down'}, /do not fit the status stopped/],
  ['failed without a reason', {status: 'failed'}, /do not fit the status failed/],
  ['in backoff without a deadline', {status: 'backoff', reason: 'exit code 1'}, /do not fit the status backoff/],
  ['cleared and running', {...ready, clearing: 't0'}, /do not fit the status ready/],
  ['unhealthy without a run', {unhealthy: true}, /unhealthy without a run/],
  ['leaving, but wanted', {leaving: true}, /leaving, but wanted up/],
  ['scheduled, but not wanted', {status: 'stopped', wanted: 'down', nextRunAt: 5}, /scheduled, but wanted down/],
  ['ready, with a time of readiness', {...ready, run: {...run, readyAt: 5}}, /a readiness time while ready/],
  ['ready, with a deadline of readiness', {...ready, run: {...run, readyBy: 5}}, /a readiness deadline while ready/],
  ['half identified', {status: 'starting', run: {...run, startedAt: null}}, /a pid without a start time/],
  ['ending, with deadlines', {...ready, status: 'stopping', run: {...ending, endAt: 5}}, /deadlines of a run/],
])('an instance that is %s is a violation', (_, change, words) => {
  expect(violationOf({...up, ...change})).toMatch(words);
});

test('the core reports a violation once, at the first step, and goes on', () => {
  const bench = new Bench(worker('web'), worker('db', {after: ['web']}));
  const state = JSON.parse(bench.core.snapshot()) as {instances: {id: string; unhealthy: boolean}[]};
  for (const instance of state.instances) instance.unhealthy = instance.id === 'db/1';
  const reports: string[] = [];
  const {core} = restoreCore(JSON.stringify(state), {...bench.options, violated: words => reports.push(words)});
  for (let i = 1; i < 4; i++) core.handle({type: 'tick'}, {mono: i, wall: i});
  expect(reports).toEqual(['db/1: unhealthy without a run']);
  expect(Array.from(core.instances(), ({id}) => id)).toEqual(['web/1', 'db/1']);
});
