import {describe, expect, test} from 'vitest';
import type {WorkerSpec} from '../../src/fleet/types.ts';
import {Bench, worker} from './harness.ts';

const health = {kind: 'tcp', host: '127.0.0.1', port: 80, everyMs: 5000, timeoutMs: 1000, failures: 3} as const;

/** A worker that is ready, and the word that its checks have failed. */
function ready(overrides: Partial<WorkerSpec> = {}): Bench {
  return new Bench(worker('web', {health, ...overrides})).spawned('web/1');
}

function fail(bench: Bench, {failures = 3, badForMs = 0} = {}): Bench {
  const token = bench.token('web/1');
  return bench.say({type: 'health-failed', token, message: 'connection refused', failures, badForMs});
}

describe('a worker whose health checks fail', () => {
  test('is flagged and ended, and the journal says why', () => {
    const bench = fail(ready());
    expect(bench.wanted()).toEqual(['end']);
    expect(bench.journal()).toEqual(['health-failed', 'status-changed']);
    expect(bench.effects[0]).toMatchObject({event: {message: 'connection refused', failures: 3, pid: 101}});
    expect(bench.get('web/1')).toMatchObject({
      status: 'stopping',
      unhealthy: true,
      reason: '3 health checks failed; last: connection refused',
      run: {ending: 'unhealthy'},
    });
  });

  test('is started again, and is no longer flagged', () => {
    const bench = fail(ready()).exited('web/1', 0);
    expect(bench.get('web/1')).toMatchObject({
      status: 'backoff',
      unhealthy: false,
      restarts: 1,
      exit: {reason: 'unhealthy', code: 0},
      reason: '3 health checks failed; last: connection refused',
    });
    expect(bench.cleared('web/1').wanted()).toEqual(['forget', 'spawn']);
  });

  test('has failed where its policy wants no restart, though it ended as it should', () => {
    for (const restart of ['never', 'on-failure'] as const) {
      const bench = fail(ready({restart}), {failures: 1}).exited('web/1', 0);
      const status = restart === 'never' ? 'failed' : 'backoff';
      expect(bench.get('web/1')).toMatchObject({status, reason: 'health check failed: connection refused'});
    }
  });

  test('is given up when it never was well, however long its checks took to say so', () => {
    const bench = ready({giveUp: {restarts: 2, withinMs: 1000}});
    for (let i = 0; i < 3; i++) {
      if (i > 0) bench.spawned('web/1');
      fail(bench.pass(15_000), {badForMs: 15_000}).gone('web/1').pass(60_000);
    }
    expect(bench.get('web/1').reason).toBe(
      'gave up after 2 restarts in a row; last: 3 health checks failed; last: connection refused',
    );
    expect(bench.count('spawn')).toBe(3);
  });

  test('begins a new row of restarts when it had been well for long, even if it then takes long to end', () => {
    const bench = ready();
    fail(bench, {badForMs: 0}).gone('web/1').spawned('web/1');
    expect(bench.get('web/1').row).toBe(1);
    fail(bench.pass(25_000), {badForMs: 15_000});
    expect(bench.get('web/1').row).toBe(0);
    fail(bench.gone('web/1').spawned('web/1').pass(20_000), {badForMs: 15_000});
    expect(bench.pass(60_000).gone('web/1').get('web/1').row).toBe(2);
  });

  test('is let be while it is paused, is being ended, is wanted down, or is not ready', () => {
    const log = {kind: 'log', text: 'up', timeoutMs: 30_000} as const;
    const starting = ready({ready: log});
    expect(fail(starting).effects).toEqual([]);
    const paused = ready().say({type: 'pause', ids: ['web/1']});
    expect(fail(paused).effects).toEqual([]);
    expect(fail(fail(ready())).effects).toEqual([]);
    const needed = new Bench(worker('web', {health}), worker('app', {after: ['web']}));
    needed.spawned('web/1').spawned('app/1').stop('web/1', 'app/1');
    expect(needed.status('web/1')).toBe('ready');
    expect(fail(needed).effects).toEqual([]);
  });

  test('is restarted as asked when somebody asks for that meanwhile', () => {
    const bench = fail(ready({restart: 'never'}))
      .restart('web/1')
      .exited('web/1');
    expect(bench.status('web/1')).toBe('stopping');
    expect(bench.cleared('web/1').wanted()).toEqual(['forget', 'spawn']);
    expect(bench.get('web/1').restarts).toBe(0);
  });

  test('goes on being ended after the controller was lost', () => {
    const bench = fail(ready()).lose();
    expect(bench.wanted()).toEqual(['end']);
    expect(bench.get('web/1')).toMatchObject({status: 'stopping', unhealthy: true});
  });
});

test('another definition of its health needs no new run', () => {
  const bench = ready().configure(worker('web', {health: {...health, failures: 1}}));
  expect(bench.journal()).toEqual(['plan-applied']);
  expect(bench.wanted()).toEqual([]);
  expect(bench.status('web/1')).toBe('ready');
});
