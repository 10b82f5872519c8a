import {describe, expect, test} from 'vitest';
import {rateLimitsFor} from '../../src/supervisor/index.ts';
import {Bench, worker} from './harness.ts';

/** The backoff is zero, so only the fleet's rate delays restarts. */
const atOnce = {firstMs: 0, initialMs: 0, factor: 1, maxMs: 0, jitter: 0, resetAfterMs: 10_000};
const endless = {restarts: 100, withinMs: 1000};

/**
 * Returns a bench in which two first restarts may happen at once, then one per second; of repeated ones, one at once
 * and then one in ten seconds.
 */
function narrow(...names: string[]): Bench {
  const bench = new Bench();
  bench.limits = {
    first: {burstPerInstance: 0, leastBurst: 2, perSecond: 1},
    again: {burstPerInstance: 0, leastBurst: 1, perSecond: 0.1},
  };
  bench.lose().configure(...names.map(name => worker(name, {backoff: atOnce, giveUp: endless})));
  for (const name of names) bench.spawned(`${name}/1`);
  return bench;
}

const waits = (bench: Bench, name: string): number =>
  (bench.get(`${name}/1`).backoff?.until ?? bench.mono) - bench.mono;

describe('the rate of restarts', () => {
  test('allows one immediate restart of each, however many there are', () => {
    const bench = new Bench(worker('web', {instances: 1000, backoff: {...atOnce, initialMs: 100, maxMs: 100}}));
    const ids = [...bench.core.instances()].map(({id}) => id);
    for (const id of ids) bench.spawned(id);
    bench.pass(30_000);
    for (const id of ids) bench.gone(id);
    expect(new Set(ids.map(id => bench.status(id)))).toEqual(new Set(['starting']));
    expect(bench.core.storm).toBeNull();
  });

  test('delays excess restarts, each until its turn, and reports that', () => {
    const bench = narrow('a', 'b', 'c', 'd').gone('a/1').gone('b/1');
    expect([bench.status('a/1'), bench.status('b/1')]).toEqual(['starting', 'starting']);
    bench.gone('c/1');
    expect(bench.journal()).not.toContain('storm-began');
    expect(bench.all).toContainEqual({type: 'journal', event: {type: 'storm-began', perSecond: 1}});
    bench.gone('d/1');
    expect([waits(bench, 'c'), waits(bench, 'd')]).toEqual([1000, 2000]);
    expect(bench.get('d/1')).toMatchObject({status: 'backoff', restarts: 1, backoff: {held: true}});
    expect(bench.get('d/1').reason).toBe('exit code 1; waits for the restart rate limit of the fleet');
    expect(bench.pass(1000).wanted()).toEqual(['spawn']);
    expect(bench.pass(1000).status('d/1')).toBe('starting');
  });

  test('reports the end of the storm some time after the last turn, with the number of delayed restarts', () => {
    const bench = narrow('a', 'b', 'c', 'd');
    for (const name of ['a', 'b', 'c', 'd']) bench.gone(`${name}/1`);
    bench.pass(2000);
    expect(bench.pass(4999).journal()).toEqual([]);
    expect(bench.core.nextDeadline()).toBe(bench.mono + 1);
    expect(bench.pass(1).effects).toEqual([{type: 'journal', event: {type: 'storm-over', held: 2, forMs: 7000}}]);
    expect(bench.core.storm).toBeNull();
  });

  test('does not let a crash loop delay the first restart of another worker', () => {
    const bench = narrow('loop', 'other', 'web').gone('loop/1');
    for (let i = 0; i < 3; i++)
      bench
        .pass(i * 10_000)
        .spawned('loop/1')
        .gone('loop/1');
    bench.gone('other/1').spawned('other/1').gone('other/1');
    expect(waits(bench, 'other')).toBe(10_000);
    expect(bench.gone('web/1').status('web/1')).toBe('starting');
  });

  test('recovers over time, up to the burst', () => {
    const bench = narrow('a', 'b', 'c').gone('a/1').gone('b/1').spawned('a/1').spawned('b/1').pass(60_000);
    bench.gone('a/1').gone('b/1').gone('c/1');
    expect([waits(bench, 'a'), waits(bench, 'b'), waits(bench, 'c')]).toEqual([0, 0, 1000]);
  });

  test('neither counts nor delays starts by hand', () => {
    const bench = narrow('a', 'b', 'c').gone('a/1').gone('b/1').gone('c/1');
    expect(bench.start('c/1').status('c/1')).toBe('starting');
    for (let i = 0; i < 5; i++) bench.spawned('c/1').restart('c/1').gone('c/1');
    expect(bench.status('c/1')).toBe('starting');
  });

  test('gives the turn of a worker that was stopped to the next failure', () => {
    const bench = narrow('a', 'b', 'c', 'd').gone('a/1').gone('b/1').gone('c/1').stop('c/1').gone('d/1');
    expect(waits(bench, 'd')).toBe(1000);
    const {storm} = bench.stop('d/1').core;
    expect(storm?.overAt).toBe(bench.mono + 5000);
  });

  test('is kept by the next controller', () => {
    const bench = narrow('a', 'b', 'c', 'd').gone('a/1').gone('b/1').gone('c/1').lose().gone('d/1');
    expect([waits(bench, 'c'), waits(bench, 'd')]).toEqual([1000, 2000]);
    expect(bench.core.storm).toMatchObject({held: 2});
  });

  test('counts restarts together with a group, so that the next failure waits', () => {
    const workers = ['a', 'b', 'c'].map(name => worker(name, {backoff: atOnce, giveUp: endless}));
    const bench = Bench.of(workers, [{name: 'all', strategy: 'one-for-all', members: ['a', 'b', 'c'], giveUp: null}]);
    bench.limits = {...rateLimitsFor(1), first: {burstPerInstance: 0, leastBurst: 3, perSecond: 1}};
    bench.lose();
    for (const name of ['a', 'b', 'c']) bench.spawned(`${name}/1`);
    bench.gone('a/1').gone('b/1').gone('c/1');
    for (const name of ['a', 'b', 'c']) bench.spawned(`${name}/1`);
    bench.gone('b/1');
    expect(waits(bench, 'b')).toBe(1000);
  });

  test('is higher on a machine with more CPUs', () => {
    expect(rateLimitsFor(8).again.perSecond).toBe(8 * rateLimitsFor(1).again.perSecond);
  });
});
