import {describe, expect, test} from 'vitest';
import type {WorkerSpec} from '../../src/fleet/types.ts';
import {Bench, worker} from './harness.ts';

const health = {kind: 'tcp', host: '127.0.0.1', port: 80, everyMs: 5000, timeoutMs: 1000, failures: 3} as const;

/** Returns a bench with a ready worker that has health checks. */
function ready(overrides: Partial<WorkerSpec> = {}): Bench {
  return new Bench(worker('web', {health, ...overrides})).spawned('web/1');
}

function fail(bench: Bench, {failures = 3, badForMs = 0} = {}): Bench {
  const token = bench.token('web/1');
  return bench.say({type: 'health-failed', token, message: 'connection refused', failures, badForMs});
}

describe('a worker whose health checks fail', () => {
  test('is flagged and ended, and the journal has the reason', () => {
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

  test('is restarted, and no longer flagged', () => {
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

  test('has failed if its policy allows no restart, even if it exits with success', () => {
    for (const restart of ['never', 'on-failure'] as const) {
      const bench = fail(ready({restart}), {failures: 1}).exited('web/1', 0);
      const status = restart === 'never' ? 'failed' : 'backoff';
      expect(bench.get('web/1')).toMatchObject({status, reason: 'health check failed: connection refused'});
    }
  });

  test('is given up if it never was healthy, however long its checks took', () => {
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

  test('starts a new row of restarts if it had been healthy for long, even if its end then takes long', () => {
    const bench = ready();
    fail(bench, {badForMs: 0}).gone('web/1').spawned('web/1');
    expect(bench.get('web/1').row).toBe(1);
    fail(bench.pass(25_000), {badForMs: 15_000});
    expect(bench.get('web/1').row).toBe(0);
    fail(bench.gone('web/1').spawned('web/1').pass(20_000), {badForMs: 15_000});
    expect(bench.pass(60_000).gone('web/1').get('web/1').row).toBe(2);
  });

  test('is left alone while it is paused, being ended, wanted down, or not ready', () => {
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

  test('is restarted on request if that arrives in the meantime', () => {
    const bench = fail(ready({restart: 'never'}))
      .restart('web/1')
      .exited('web/1');
    expect(bench.status('web/1')).toBe('stopping');
    expect(bench.cleared('web/1').wanted()).toEqual(['forget', 'spawn']);
    expect(bench.get('web/1').restarts).toBe(0);
  });

  test('continues to be ended after the controller was lost', () => {
    const bench = fail(ready()).lose();
    expect(bench.wanted()).toEqual(['end']);
    expect(bench.get('web/1')).toMatchObject({status: 'stopping', unhealthy: true});
  });
});

test('a changed definition of health needs no restart', () => {
  const bench = ready().configure(worker('web', {health: {...health, failures: 1}}));
  expect(bench.journal()).toEqual(['plan-applied']);
  expect(bench.wanted()).toEqual([]);
  expect(bench.status('web/1')).toBe('ready');
});
