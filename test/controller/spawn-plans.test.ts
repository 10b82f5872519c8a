/** Slow spawn plans, and their outcome when their run is to end first. */
import {expect, test} from 'vitest';
import type {SpawnPlan, SpawnSubject} from '../../src/controller/spawn/spawn-order.ts';
import {SpawnPlans} from '../../src/controller/spawn/plans.ts';
import {defaultWorker} from '../../src/fleet/index.ts';

const subject = (token: string): SpawnSubject => ({
  spec: defaultWorker('web', ['sleep', '9'], '/'),
  instance: {id: 'web/1', number: 1},
  token,
});
const failure = (code: string): SpawnPlan => ({failure: {code, message: code}});

function setUp() {
  const finish = new Map<string, (plan: SpawnPlan | Error) => void>();
  const told: [string, string][] = [];
  const plans = new SpawnPlans({
    plan: ({token}) =>
      new Promise((resolve, reject) => {
        finish.set(token, plan => (plan instanceof Error ? reject(plan) : resolve(plan)));
      }),
    planned: (token, plan) => told.push([token, 'failure' in plan ? plan.failure.code : 'order']),
  });
  const settle = async (token: string, plan: SpawnPlan | Error): Promise<void> => {
    finish.get(token)?.(plan);
    await new Promise(resolve => setImmediate(resolve));
  };
  return {plans, told, settle};
}

test('each plan is reported once, in order of completion', async () => {
  const {plans, told, settle} = setUp();
  plans.begin(subject('a'));
  plans.begin(subject('b'));
  await settle('b', failure('B'));
  await settle('a', failure('A'));
  expect(told).toEqual([
    ['b', 'B'],
    ['a', 'A'],
  ]);
});

test('a cancelled plan is reported as a failed start at once, and never again', async () => {
  const {plans, told, settle} = setUp();
  plans.begin(subject('a'));
  expect(plans.callOff('a')).toBe(true);
  expect(told).toEqual([['a', 'ECANCELED']]);
  await settle('a', failure('A'));
  expect(plans.callOff('a')).toBe(false);
  expect(told).toHaveLength(1);
});

test('a dropped plan is never reported: its run has begun already', async () => {
  const {plans, told, settle} = setUp();
  plans.begin(subject('a'));
  plans.drop('a');
  expect(plans.callOff('a')).toBe(false);
  await settle('a', failure('A'));
  expect(told).toEqual([]);
});

test("a plan that is not under way can't be cancelled: its run is ended by an order", async () => {
  const {plans, settle} = setUp();
  expect(plans.callOff('a')).toBe(false);
  plans.begin(subject('a'));
  await settle('a', failure('A'));
  expect(plans.callOff('a')).toBe(false);
});

test('a plan that throws is reported with its error', async () => {
  const {plans, told, settle} = setUp();
  plans.begin(subject('a'));
  await settle('a', Object.assign(new Error('no descriptor is left'), {code: 'EMFILE'}));
  expect(told).toEqual([['a', 'EMFILE']]);
});
