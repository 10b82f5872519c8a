import {describe, expect, test} from 'vitest';
import type {GroupSpec, WorkerSpec} from '../../src/fleet/types.ts';
import {Bench, fleetOf, worker} from './harness.ts';

const limit = (restarts: number) => ({restarts, withinMs: 30_000});

function group(
  name: string,
  strategy: GroupSpec['strategy'],
  members: string[],
  giveUp: GroupSpec['giveUp'] = null,
): GroupSpec {
  return {name, strategy, members, giveUp};
}

/** Returns workers a to e, all ready, in these groups. */
function bench(groups: readonly GroupSpec[], overrides: Partial<Record<string, Partial<WorkerSpec>>> = {}): Bench {
  const workers = ['a', 'b', 'c', 'd', 'e'].map(name => worker(name, overrides[name]));
  const made = Bench.of(workers, groups);
  for (const {id} of [...made.core.instances()]) if (made.status(id) === 'starting') made.spawned(id);
  return made;
}

/** Returns the status of each worker. */
const statuses = (of: Bench): string =>
  Array.from(of.core.instances(), ({worker, status}) => `${worker}:${status}`).join(' ');

/** Completes all stops, clears all runs, and starts whatever is due. */
function settle(of: Bench): Bench {
  for (const {id, status, run} of [...of.core.instances()]) {
    if (status !== 'stopping') continue;
    if (run !== null) of.exited(id, null);
    of.cleared(id);
  }
  for (const {id, clearing} of [...of.core.instances()]) if (clearing !== null) of.cleared(id);
  of.pass(1000);
  for (const {id, status} of [...of.core.instances()]) if (status === 'starting') of.spawned(id);
  return of;
}

const crash = (of: Bench, id: string): Bench => settle(of.gone(id));

describe('the members restarted after a failure', () => {
  test('one-for-one: no others', () => {
    const of = bench([group('g', 'one-for-one', ['a', 'b'])]).gone('a/1');
    expect(statuses(of)).toBe('a:starting b:ready c:ready d:ready e:ready');
  });

  test('one-for-all: all members, with all their instances', () => {
    const of = bench([group('g', 'one-for-all', ['a', 'b'])], {b: {instances: 2}});
    of.exited('a/1');
    expect(statuses(of)).toBe('a:backoff b:stopping b:stopping c:ready d:ready e:ready');
    expect(of.journal()).toContain('group-restarted');
    expect(of.get('b/1').reason).toBe('restarts with group g: a/1: exit code 1');
  });

  test('rest-for-one: the members after it', () => {
    const of = bench([group('g', 'rest-for-one', ['d', 'a', 'c'])]).gone('a/1');
    expect(statuses(of)).toBe('a:pending b:ready c:stopping d:ready e:ready');
  });

  test('start when all are down, and after the backoff of the failed one', () => {
    const backoff = {firstMs: 500, initialMs: 500, factor: 1, maxMs: 500, jitter: 0, resetAfterMs: 10_000};
    const of = bench([group('g', 'one-for-all', ['a', 'b', 'c'])], {a: {backoff}}).gone('a/1');
    of.gone('b/1', null);
    expect(of.status('b/1')).toBe('pending');
    expect(of.core.blockedBy('b/1')).toBe('restarts with a, which is in backoff (group g)');
    of.pass(600);
    expect(of.core.blockedBy('a/1')).toBe('restarts with c, which is stopping (group g)');
    of.gone('c/1', null);
    expect(statuses(of)).toBe('a:starting b:starting c:starting d:ready e:ready');
  });

  test('two that fail at the same moment wait for each other, and not for ever', () => {
    const backoff = {firstMs: 500, initialMs: 500, factor: 1, maxMs: 500, jitter: 0, resetAfterMs: 10_000};
    const of = bench([group('g', 'one-for-all', ['a', 'b'])], {a: {backoff}, b: {backoff}});
    of.spawnFailed('a/1'); // ignored for a living run
    of.exited('a/1').exited('b/1').cleared('a/1').cleared('b/1');
    expect(statuses(of)).toMatch(/^a:backoff b:pending/);
    of.pass(600);
    expect(statuses(of)).toMatch(/^a:starting b:starting/);
    expect(of.get('b/1').restarts).toBe(1);
  });

  test('do not include those stopped by hand, finished for good, or being removed', () => {
    const of = bench([group('g', 'one-for-all', ['a', 'b', 'c', 'd'])], {
      b: {restart: 'never'},
      c: {restart: 'on-failure'},
    });
    of.gone('b/1', 0).gone('c/1', 0).stop('d').stop('d/1').gone('d/1', null);
    of.gone('a/1');
    expect(statuses(of)).toBe('a:starting b:finished c:starting d:stopped e:ready');
  });

  test('do not include any if a `never` worker ends', () => {
    const of = bench([group('g', 'one-for-all', ['a', 'b'])], {a: {restart: 'never'}}).gone('a/1');
    expect(statuses(of)).toMatch(/^a:failed b:ready/);
  });

  test('do not include any after a stop or restart by hand', () => {
    const of = bench([group('g', 'one-for-all', ['a', 'b'])])
      .restart('a/1')
      .gone('a/1', null);
    expect(statuses(of)).toMatch(/^a:starting b:ready/);
    expect(of.spawned('a/1').stop('a/1').gone('a/1', null).status('b/1')).toBe('ready');
  });

  test('are the same if the controller is lost in the middle', () => {
    const of = bench([group('g', 'one-for-all', ['a', 'b'], limit(1))])
      .gone('a/1')
      .lose();
    of.say({type: 'tick'});
    expect(of.effects.map(({type}) => type)).not.toContain('spawn');
    of.gone('b/1', null);
    expect(statuses(of)).toMatch(/^a:starting b:starting/);
    // The snapshot includes the first restart of the group.
    of.spawned('a/1').spawned('b/1').gone('b/1');
    expect(statuses(settle(of))).toMatch(/^a:failed b:failed c:ready/);
  });
});

describe('giving up', () => {
  test('one failure too many fails all members, while the supervisor stays', () => {
    const of = bench([group('g', 'one-for-one', ['a', 'b'], limit(2))]);
    crash(crash(of, 'a/1'), 'b/1').gone('a/1');
    expect(settle(of).get('a/1')).toMatchObject({
      status: 'failed',
      reason: 'group g gave up: 2 restarts within 30s; last: a/1: exit code 1',
    });
    expect(statuses(of)).toBe('a:failed b:failed c:ready d:ready e:ready');
  });

  test('counts only restarts within the time', () => {
    const of = bench([group('g', 'one-for-one', ['a', 'b'], {restarts: 1, withinMs: 500})]);
    crash(crash(crash(of, 'a/1'), 'b/1'), 'a/1');
    expect(statuses(of)).toMatch(/^a:ready b:ready/);
  });

  test('a worker that exceeds its own limit makes the members that share its fate fail, too', () => {
    const giveUp = {a: {giveUp: limit(1)}};
    expect(statuses(crash(crash(bench([group('g', 'one-for-all', ['a', 'b'])], giveUp), 'a/1'), 'a/1'))).toMatch(
      /^a:failed b:failed/,
    );
    expect(statuses(crash(crash(bench([group('g', 'one-for-one', ['a', 'b'])], giveUp), 'a/1'), 'a/1'))).toMatch(
      /^a:failed b:ready/,
    );
  });

  test('is escalated to the outer group, which restarts the group as one member', () => {
    const groups = [
      group('inner', 'one-for-one', ['a', 'b'], limit(0)),
      group('outer', 'rest-for-one', ['c', 'inner', 'd'], limit(1)),
    ];
    const of = bench(groups).gone('a/1');
    expect(statuses(of)).toBe('a:pending b:stopping c:ready d:stopping e:ready');
    settle(of);
    expect(statuses(of)).toBe('a:ready b:ready c:ready d:ready e:ready');
    of.gone('b/1');
    expect(statuses(settle(of))).toBe('a:failed b:failed c:failed d:failed e:ready');
    expect(of.get('c/1').reason).toMatch(/^group outer gave up: 1 restart within 30s; last: b\/1/);
  });

  test('start by hand resets it', () => {
    const of = bench([group('g', 'one-for-all', ['a', 'b'], limit(0))]);
    crash(of, 'a/1').start('a/1', 'b/1');
    for (const id of ['a/1', 'b/1']) of.spawned(id);
    expect(statuses(of)).toMatch(/^a:ready b:ready/);
  });

  test('apply adds, changes and removes groups without a restart', () => {
    const of = bench([]);
    const workers = ['a', 'b', 'c', 'd', 'e'].map(name => worker(name));
    of.say({type: 'configure', fleet: {...fleetOf(workers), groups: [group('g', 'one-for-all', ['a', 'b'])]}});
    expect(of.wanted()).toEqual([]);
    of.gone('a/1');
    expect(of.status('b/1')).toBe('stopping');
    of.configure(...workers);
    expect(statuses(settle(of))).toBe('a:ready b:ready c:ready d:ready e:ready');
    expect(statuses(of.gone('a/1'))).toMatch(/b:ready/);
  });
});
