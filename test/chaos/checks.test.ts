/** Shows that each check of the chaos run can fail: observations with a planted fault, and the same without it. */
import {describe, expect, test} from 'vitest';
import {disagreements, partsAreThere} from './checks/answers.ts';
import {otherCode} from './checks/code.ts';
import {Growth} from './checks/growth.ts';
import {HeadlessAges} from './checks/headless.ts';
import {doubledMains, goneForGood, identitiesOf, missingMains, restartedUnasked} from './checks/mains.ts';
import {leftovers, survivors, twoRuns} from './checks/survivors.ts';
import {ZombieAges} from './checks/zombies.ts';
import type {Member, Observation} from './observation.ts';
import type {PsReport} from '../../src/control/reports.ts';
import type {Seen} from '../end-to-end/processes.ts';
import {seen, member, wanted, one, two} from './observing.ts';

const parts = {anchor: [seen(1001)], keeper: [seen(1002)], controller: [seen(1003)]};
const look = (members: readonly Member[], more: Partial<Observation> = {}): Observation => ({
  at: 0,
  parts,
  members,
  zombies: [],
  ...more,
});
const good = look([one, two]);
const yes = (): boolean => true;

describe('main processes', () => {
  test('a second main process of an instance is reported, unless the first has ended by then', () => {
    const doubled = look([one, two, member('steady1/1', 13, 'a1')]);
    expect(doubledMains(good, yes)).toEqual([]);
    expect(doubledMains(doubled, yes)).toEqual(['steady1/1 runs more than once: pids 11, 13']);
    expect(doubledMains(doubled, ({pid}) => pid !== 11)).toEqual([]);
    // A helper of the same run is no main process.
    expect(doubledMains(look([one, member('steady1/1', 13, 'a1', false)]), yes)).toEqual([]);
  });

  test('a missing main process is reported; a worker that ends by itself may be absent, but not for good', () => {
    expect(missingMains(good, wanted)).toEqual([]);
    expect(missingMains(look([one]), wanted)).toEqual(['steady1/2 should run and does not']);
    expect(goneForGood(60_000, wanted, () => 50_000)).toEqual([]);
    expect(goneForGood(60_000, wanted, () => 1000)).toEqual(['crashing1/1 has not come back for 59000 ms']);
  });

  test('a restart is reported, unless the instance was touched', () => {
    const before = identitiesOf(good);
    const after = look([member('steady1/1', 21, 'b1'), two]);
    expect(restartedUnasked(before, good, wanted, new Set())).toEqual([]);
    expect(restartedUnasked(before, after, wanted, new Set(['steady1/1']))).toEqual([]);
    expect(restartedUnasked(before, after, wanted, new Set(['steady1/2']))).toHaveLength(1);
  });
});

describe('survivors', () => {
  test('a process of an instance that should not run is reported', () => {
    expect(survivors(good, wanted)).toEqual([]);
    expect(survivors(look([one, two, member('gone1/1', 14, 'c', false)]), wanted)[0]).toMatch(/pid 14 \(sh, gone1\/1/);
  });

  test('two runs of one instance at the same time are reported', () => {
    const helper = member('steady1/1', 14, 'a1', false);
    const left = member('steady1/1', 15, 'a0', false);
    expect(twoRuns(look([one, helper]), yes)).toEqual([]);
    expect(twoRuns(look([one, left]), yes)[0]).toMatch(/of steady1\/1 two runs live at once: pid 11 .* beside pid 15/);
    expect(twoRuns(look([one, left]), ({pid}) => pid !== 15)).toEqual([]);
  });

  test('processes left by a run are reported after a while, and only while a keeper can end them', () => {
    const left = [one, member('steady1/2', 15, 'a2', false)];
    const ages = new HeadlessAges();
    expect(ages.look(look(left))).toEqual([]);
    expect(ages.look(look(left, {at: 20_000}))).toEqual([]);
    expect(ages.look(look(left, {at: 31_000}))[0]).toMatch(/run a2 has no main process for 31000 ms: pid 15/);
    expect(ages.look(look(left, {at: 32_000, parts: {...parts, keeper: [seen(1009)]}}))).toEqual([]);
    expect(ages.look(look(left, {at: 70_000, parts: {...parts, keeper: [seen(1009, {state: 'T'})]}}))).toEqual([]);
  });

  test('any process after the end is reported', () => {
    const nobody = {anchor: [], keeper: [], controller: []};
    expect(leftovers(look([], {parts: nobody}))).toEqual([]);
    expect(leftovers(look([one], {parts: nobody}))[0]).toMatch(/left after down: pid 11/);
    expect(leftovers(look([]))[0]).toBe('left of the supervisor after down: anchor 1001, keeper 1002, controller 1003');
  });
});

describe('zombies', () => {
  const zombie = (parent: Seen): Observation['zombies'] => [
    {seen: seen(31, {state: 'Z', ppid: parent.pid}), parent, parentIs: 'keeper'},
  ];
  const keeper = seen(1002);

  test('a zombie older than two sweeps is reported', () => {
    const ages = new ZombieAges();
    expect(ages.look(look([], {at: 0, zombies: zombie(keeper)}))).toEqual([]);
    expect(ages.look(look([], {at: 9000, zombies: zombie(keeper)}))).toEqual([]);
    expect(ages.look(look([], {at: 10_001, zombies: zombie(keeper)}))[0]).toMatch(/zombie 31 .* 10001 ms for keeper/);
  });

  test('the time starts anew after the parent was stopped, or with a new parent', () => {
    const ages = new ZombieAges();
    ages.look(look([], {at: 0, zombies: zombie(keeper)}));
    ages.look(look([], {at: 9000, zombies: zombie({...keeper, state: 'T'})}));
    expect(ages.look(look([], {at: 18_000, zombies: zombie(keeper)}))).toEqual([]);
    expect(ages.look(look([], {at: 27_000, zombies: zombie(keeper)}))).toEqual([]);
    expect(ages.look(look([], {at: 36_000, zombies: zombie(seen(1009))}))).toEqual([]);
    expect(ages.look(look([], {at: 47_000, zombies: zombie(seen(1009))}))).toHaveLength(1);
  });
});

describe('growth', () => {
  const grow = (amounts: readonly number[], holder: (index: number) => string = () => 'keeper 1@1'): string[] => {
    const growth = new Growth({descriptors: {ratio: 1.2, plus: 10}});
    return amounts.flatMap((amount, index) =>
      growth.look([{holder: holder(index), what: 'descriptors', amount, instances: 100}]),
    );
  };
  const steady = Array.from({length: 20}, (_, i) => 500 + (i % 3) * 20);

  test('a leak is reported', () => {
    expect(grow(steady)).toEqual([]);
    expect(grow(Array.from({length: 40}, (_, i) => 500 + i * 10)).length).toBeGreaterThan(0);
  });

  test('a passing peak and the holdings of a new process are no growth', () => {
    expect(grow([...steady, 900, 910, ...steady])).toEqual([]);
    expect(
      grow([...steady, ...steady.map(amount => amount * 3)], index => `keeper ${index < steady.length ? 1 : 2}@1`),
    ).toEqual([]);
  });

  test('more descriptors for a larger fleet are no growth', () => {
    const growth = new Growth({descriptors: {ratio: 1.2, plus: 10}});
    const at = (instances: number): string[] =>
      growth.look([{holder: 'keeper 1@1', what: 'descriptors', amount: instances * 4, instances}]);
    expect([...Array.from({length: 10}, () => 100), ...Array.from({length: 10}, () => 300)].flatMap(at)).toEqual([]);
  });
});

describe('the supervisor', () => {
  const worker = (id: string, pid: number | null, status = 'ready'): object => ({id, pid, status, reason: null});
  const ps = (...workers: object[]): PsReport => ({workers}) as unknown as PsReport;
  const right = ps(worker('steady1/1', 11), worker('steady1/2', 12), worker('crashing1/1', null, 'backoff'));

  test('a silent control socket is reported', () => {
    expect(disagreements({mute: 'timeout'}, good, wanted, [])).toEqual(['the control socket does not answer: timeout']);
  });

  test('an answer that differs from the observation is reported', () => {
    expect(disagreements(right, good, wanted, [])).toEqual([]);
    const wrong = ps(worker('steady1/1', 99), worker('steady1/2', 12, 'starting'), worker('stranger/1', 5));
    expect(disagreements(wrong, good, wanted, ['steady2/1'])).toEqual([
      'ps says that steady1/1 is ready with pid 99, and its pid is 11',
      'ps says that steady1/2 is starting with pid 12, and its pid is 12',
      'ps does not know crashing1/1',
      'steady2/1 was stopped, and ps says nothing of it',
      'ps knows stranger/1, which should not be there',
    ]);
    const failed = ps(worker('steady1/1', 11), worker('steady1/2', 12), worker('crashing1/1', null, 'failed'));
    expect(disagreements(failed, good, wanted, [])).toHaveLength(1);
  });

  test('a part that runs from other programs than the current ones is reported', () => {
    const words = (hash: string, name: string): string[] => ['node', `/f/code/${hash}/${name}.cjs`, '/f'];
    const both = {keeper: words('aa', 'keeper'), controller: words('aa', 'controller')};
    expect(otherCode(both, 'aa')).toEqual([]);
    expect(otherCode({...both, keeper: words('bb', 'keeper')}, 'aa')).toEqual([
      'the keeper runs from bb, and current is aa',
    ]);
  });

  test('a part that is missing, doubled or stopped is reported', () => {
    expect(partsAreThere(good, true)).toEqual([]);
    expect(partsAreThere(look([], {parts: {...parts, anchor: []}}), true)).toHaveLength(1);
    expect(partsAreThere(look([], {parts: {...parts, anchor: []}}), false)).toEqual([]);
    expect(partsAreThere(look([], {parts: {...parts, keeper: [seen(1002), seen(1004)]}}), true)).toHaveLength(1);
    expect(partsAreThere(look([], {parts: {...parts, controller: [seen(1003, {state: 'T'})]}}), true)).toHaveLength(1);
  });
});
