import {describe, expect, test} from 'vitest';
import {Bench, worker} from './harness.ts';

/** Spawns all of them, in this order. */
function up(bench: Bench, ...ids: string[]): Bench {
  for (const id of ids) bench.spawned(id);
  return bench;
}

describe('after', () => {
  test('delays a worker until all instances of the other are ready', () => {
    const bench = new Bench(worker('db', {instances: 2}), worker('web', {after: ['db']}));
    expect(bench.core.blockedBy('web/1')).toBe('waits for db, which is starting');
    expect(bench.spawned('db/1').status('web/1')).toBe('pending');
    expect(bench.spawned('db/2').status('web/1')).toBe('starting');
    expect(bench.core.blockedBy('web/1')).toBeNull();
  });

  test('is satisfied by a worker that finished with success, and not by one that failed', () => {
    const bench = new Bench(worker('migrate', {restart: 'never'}), worker('web', {after: ['migrate']}));
    bench.spawned('migrate/1');
    const failed = new Bench(
      worker('migrate', {restart: 'never', ready: {kind: 'notify', timeoutMs: 1000}}),
      worker('web', {after: ['migrate']}),
    );
    failed.spawned('migrate/1').gone('migrate/1', 3);
    expect(failed.get('web/1')).toMatchObject({
      status: 'pending',
      reason: 'waits for migrate, which failed: exit code 3',
    });
    expect(bench.gone('migrate/1', 0).status('web/1')).toBe('starting');
  });

  test('does not wait for a worker that was stopped by hand', () => {
    const bench = new Bench(worker('db', {ready: {kind: 'notify', timeoutMs: 1000}}), worker('web', {after: ['db']}));
    expect(bench.stop('db/1').status('web/1')).toBe('starting');
  });

  test('has no effect when the other worker stops or fails later', () => {
    const bench = up(new Bench(worker('db'), worker('web', {after: ['db']})), 'db/1', 'web/1');
    expect(bench.stop('db/1').gone('db/1').status('web/1')).toBe('ready');
  });

  test('orders the stop: dependents are gone before the worker itself is stopped', () => {
    const bench = up(new Bench(worker('db'), worker('web', {after: ['db']})), 'db/1', 'web/1');
    bench.stop('db/1', 'web/1');
    expect([bench.status('db/1'), bench.status('web/1')]).toEqual(['ready', 'stopping']);
    bench.exited('web/1');
    expect(bench.status('db/1')).toBe('ready');
    bench.cleared('web/1');
    expect(bench.status('db/1')).toBe('stopping');
  });

  test('does not delay the stop of independent workers', () => {
    const bench = up(new Bench(worker('a'), worker('b')), 'a/1', 'b/1').stop('a/1', 'b/1');
    expect(bench.wanted()).toEqual(['end', 'end']);
  });
});

describe('requires', () => {
  test('ends dependents of a stopped worker first, and starts them again with it', () => {
    const bench = new Bench(worker('db'), worker('api', {requires: ['db']}), worker('web', {requires: ['api']}));
    up(bench, 'db/1', 'api/1', 'web/1').stop('db/1');
    expect(['db/1', 'api/1', 'web/1'].map(id => bench.status(id))).toEqual(['ready', 'ready', 'stopping']);
    bench.gone('web/1').gone('api/1').gone('db/1');
    expect(['db/1', 'api/1', 'web/1'].map(id => bench.status(id))).toEqual(['stopped', 'pending', 'pending']);
    expect(bench.get('api/1').reason).toBe('requires db, which is stopped');
    expect(bench.core.blockedBy('web/1')).toBe('requires api, which requires db, which is stopped');
    bench.start('db/1').spawned('db/1').spawned('api/1').spawned('web/1');
    expect(bench.get('web/1')).toMatchObject({status: 'ready', restarts: 0, row: 0});
  });

  test('ends dependents of a worker that failed for good', () => {
    const db = worker('db', {giveUp: {restarts: 0, withinMs: 1000}});
    const bench = up(new Bench(db, worker('web', {requires: ['db']})), 'db/1', 'web/1')
      .gone('db/1', 3)
      .gone('web/1');
    expect(bench.get('web/1')).toMatchObject({
      status: 'pending',
      reason: 'requires db, which failed: gave up after 0 restarts in a row; last: exit code 3',
    });
  });

  test('keeps dependents up while the worker is only restarted', () => {
    const bench = up(new Bench(worker('db'), worker('web', {requires: ['db']})), 'db/1', 'web/1');
    expect(bench.gone('db/1').status('web/1')).toBe('ready');
    expect(bench.spawned('db/1').restart('db/1').status('web/1')).toBe('ready');
  });

  test('keeps dependents up while one of several instances is stopped', () => {
    const bench = new Bench(worker('db', {instances: 2}), worker('web', {requires: ['db']}));
    up(bench, 'db/1', 'db/2', 'web/1').stop('db/1').gone('db/1');
    expect(bench.status('web/1')).toBe('ready');
    expect(bench.stop('db/2').status('web/1')).toBe('stopping');
  });

  test('of a missing worker is satisfied', () => {
    expect(new Bench(worker('web', {requires: ['ghost'], after: ['ghost']})).status('web/1')).toBe('starting');
  });

  test('starts the required workers together with the dependent', () => {
    const bench = up(new Bench(worker('db'), worker('web', {requires: ['db']})), 'db/1', 'web/1').stop('db/1');
    bench.gone('web/1').gone('db/1').stop('web/1').start('web/1');
    expect([bench.status('db/1'), bench.status('web/1')]).toEqual(['starting', 'pending']);
  });
});

describe('a chain of thousands', () => {
  test('is started from its end, and can be removed', () => {
    const long = 6_000;
    const chain = Array.from({length: long}, (_, i) =>
      worker(`w${i}`, i === 0 ? {} : {after: [`w${i - 1}`], requires: [`w${i - 1}`]}),
    );
    const bench = new Bench(...chain);
    bench.say({type: 'stop', ids: ['w0/1']});
    expect(bench.core.get('w0/1')?.wanted).toBe('down');
    bench.say({type: 'start', ids: [`w${long - 1}/1`]});
    expect(bench.core.get('w0/1')?.wanted).toBe('up');
    bench.say({type: 'remove', workers: chain.slice(2).map(({name}) => name)});
    expect([...bench.core.instances()].map(({id}) => id)).toEqual(['w0/1', 'w1/1']);
  });
});
