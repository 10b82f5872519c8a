/** Restart strategies with real processes. */
import {expect, test} from 'vitest';
import {TestFleet, until} from './harness.ts';
import {using} from './wrapped.ts';

const run = ['sleep', '1000'];
const quick = {first: '0s', initial: '20ms', max: '20ms'};

type Pids = Readonly<Record<string, number | null>>;

/** The pid of each worker's main process. */
const pidsOf = (fleet: TestFleet, {workers} = fleet.ps()): Pids =>
  Object.fromEntries(workers.map(({worker, pid}) => [worker, pid]));

/** Returns the pids once all workers are ready in one report, and the named ones run anew. */
const renewed = (fleet: TestFleet, names: readonly string[], before: Pids): Promise<Pids> =>
  until(`${names.join()} to run anew`, () => {
    const report = fleet.ps();
    const now = pidsOf(fleet, report);
    const isReady = report.workers.every(({status}) => status === 'ready');
    return isReady && names.every(name => now[name] !== before[name]) && now;
  });

test('a rest-for-one group inside a one-for-all group restarts the right members, also across the death of the controller; events and status report it', async () => {
  const groups = {
    inner: {strategy: 'rest-for-one', members: ['a', 'b', 'c'], give_up: {restarts: 1, within: '60s'}},
    outer: {strategy: 'one-for-all', members: ['x', 'inner']},
  };
  const worker = {run, backoff: quick};
  await using(
    new TestFleet({fleet: 't', workers: {a: worker, b: worker, c: worker, x: worker, y: worker}, groups}),
    async fleet => {
      fleet.up('--wait');
      const first = pidsOf(fleet);
      process.kill(first['b']!, 'SIGKILL');
      const second = await renewed(fleet, ['b', 'c'], first);
      expect([second['a'], second['x'], second['y']]).toEqual([first['a'], first['x'], first['y']]);

      // One failure too many for the inner group, counted across controllers: the outer one restarts all its members.
      process.kill(fleet.ps().supervisor.controller, 'SIGKILL');
      process.kill(second['b']!, 'SIGKILL');
      const third = await renewed(fleet, ['a', 'b', 'c', 'x'], second);
      expect(third['y']).toBe(first['y']);

      expect(fleet.events('group-restarted').map(({group, strategy}) => [group, strategy])).toEqual([
        ['inner', 'rest-for-one'],
        ['outer', 'one-for-all'],
      ]);
      expect(fleet.run('events', '-n', 'all').out).toMatch(
        /group inner gave up: 1 restart within 1m; last: b\/1: killed by SIGKILL/,
      );
      expect(fleet.run('status', 'a').out).toMatch(/groups +inner, in outer/);
      expect(fleet.run('why', 'x').out).toMatch(/another member of its group failed/);
    },
  );
});

test('a top-level group that gives up fails its members; other workers and the supervisor stay; start brings the members back', async () => {
  const groups = {g: {strategy: 'one-for-all', members: ['a', 'b'], give_up: {restarts: 0, within: '60s'}}};
  await using(new TestFleet({fleet: 't', workers: {a: {run}, b: {run}, c: {run}}, groups}), async fleet => {
    fleet.up('--wait');
    const before = pidsOf(fleet);
    process.kill(before['a']!, 'SIGKILL');
    await until('both to be failed', () => ['a', 'b'].every(name => fleet.worker(name).status === 'failed'));
    expect(fleet.worker('b').reason).toMatch(/^group g gave up: 0 restarts within 1m; last: a\/1: killed by SIGKILL$/);
    expect(fleet.named('sleep').length).toBe(1);
    expect(pidsOf(fleet)['c']).toBe(before['c']);
    expect(fleet.run('start', 'a', 'b').code).toBe(0);
    expect(fleet.ps().workers.every(({status}) => status === 'ready')).toBe(true);
  });
});
