import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest';
import {HealthChecks} from '../../src/controller/health/health.ts';
import type {Health, WorkerSpec} from '../../src/fleet/types.ts';
import type {Input} from '../../src/supervisor/index.ts';
import {Bench, worker} from '../supervisor/harness.ts';

const health: Health = {kind: 'tcp', host: '127.0.0.1', port: 80, everyMs: 5000, timeoutMs: 1000, failures: 3};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** The health checks of a fleet, with the results that the test sets. */
class Ward {
  readonly bench: Bench;
  readonly checks: HealthChecks;
  readonly told: Input[] = [];
  /** The checked instances, in order. */
  readonly asked: string[] = [];
  /** Returns the result of a check; a promise that never settles is a check that hangs. */
  finds: (id: string, signal: AbortSignal) => Promise<string | null> = () => Promise.resolve(null);
  #journaled = 0;

  constructor(...workers: WorkerSpec[]) {
    this.bench = new Bench(...workers);
    this.checks = new HealthChecks({
      core: this.bench.core,
      check: (_health, {id}, signal) => {
        this.asked.push(id);
        return this.finds(id, signal);
      },
      feed: input => void this.told.push(input),
      now: () => ({mono: performance.now(), wall: 5_000_000}),
      random: () => 0,
    });
  }

  /** Passes the new journal events on to the checks. */
  hear(): this {
    for (const effect of this.bench.all.slice(this.#journaled)) {
      if (effect.type === 'journal') this.checks.heard(effect.event);
    }
    this.#journaled = this.bench.all.length;
    return this;
  }

  async pass(ms: number): Promise<this> {
    await vi.advanceTimersByTimeAsync(ms);
    return this;
  }
}

function ready(): Ward {
  const ward = new Ward(worker('web', {health}));
  ward.bench.spawned('web/1');
  return ward.hear();
}

const refused = (): Promise<string> => Promise.resolve('connection refused');

describe('health checks', () => {
  test('begin one interval after the worker got ready, and repeat', async () => {
    const ward = ready();
    await ward.pass(4999);
    expect(ward.asked).toEqual([]);
    await ward.pass(1);
    expect(ward.asked).toEqual(['web/1']);
    await ward.pass(10_000);
    expect(ward.asked.length).toBe(3);
    expect(ward.checks.reportOf(ward.bench.get('web/1'))).toMatchObject({checks: 3, failures: 0, limit: 3, last: null});
  });

  test('are reported after so many consecutive failures, and not before', async () => {
    const ward = ready();
    ward.finds = refused;
    await ward.pass(10_000);
    ward.finds = () => Promise.resolve(null);
    await ward.pass(5000);
    ward.finds = refused;
    await ward.pass(10_000);
    expect(ward.told).toEqual([]);
    expect(ward.checks.reportOf(ward.bench.get('web/1'))).toMatchObject({
      failures: 2,
      last: {message: 'connection refused'},
      recent: {length: 4},
    });
    await ward.pass(5000);
    expect(ward.told).toEqual([
      {type: 'health-failed', token: 't1', message: 'connection refused', failures: 3, badForMs: 15_000},
    ]);
  });

  test('never overlap, and the next follows one that takes long', async () => {
    const ward = ready();
    let answer: (trouble: string | null) => void = () => {};
    ward.finds = () => new Promise(resolve => (answer = resolve));
    await ward.pass(60_000);
    expect(ward.asked.length).toBe(1);
    answer(null);
    await ward.pass(0);
    expect(ward.asked.length).toBe(2);
  });

  test('are suspended while the worker is paused, and the result of a running one is discarded', async () => {
    const ward = ready();
    let answer: (trouble: string | null) => void = () => {};
    let calledOff = false;
    ward.finds = (_id, signal) => {
      signal.addEventListener('abort', () => (calledOff = true));
      return new Promise(resolve => (answer = resolve));
    };
    await ward.pass(5000);
    ward.bench.say({type: 'pause', ids: ['web/1']});
    ward.hear();
    expect(calledOff).toBe(true);
    ward.bench.say({type: 'resume', ids: ['web/1']});
    ward.hear();
    answer('timed out');
    ward.finds = refused;
    await ward.pass(0);
    expect(ward.checks.reportOf(ward.bench.get('web/1'))).toMatchObject({checks: 0, failures: 0});
    ward.bench.say({type: 'pause', ids: ['web/1']});
    ward.hear();
    await ward.pass(60_000);
    expect(ward.asked.length).toBe(1);
    ward.bench.say({type: 'resume', ids: ['web/1']});
    ward.hear();
    await ward.pass(15_000);
    expect(ward.told.length).toBe(1);
  });

  test('end with the run, and the next run starts a new count, but keeps the record of failures', async () => {
    const ward = ready();
    ward.finds = refused;
    await ward.pass(10_000);
    ward.bench.exited('web/1');
    await ward.hear().pass(60_000);
    expect(ward.asked.length).toBe(2);
    ward.bench.cleared('web/1').spawned('web/1');
    ward.hear();
    const report = () => ward.checks.reportOf(ward.bench.get('web/1'));
    expect(report()).toMatchObject({checks: 0, failures: 0, recent: {length: 2}});
    await ward.pass(10_000);
    expect(ward.told).toEqual([]);
    await ward.pass(5000);
    expect(ward.told).toMatchObject([{token: 't2'}]);
    expect(report()?.recent.length).toBe(5);
  });

  test('follow a new definition within the same run', async () => {
    const ward = ready();
    ward.finds = refused;
    ward.bench.configure(worker('web', {health: {...health, everyMs: 100, failures: 1}}));
    await ward.hear().pass(100);
    expect(ward.told).toMatchObject([{token: 't1', failures: 1}]);
    ward.bench.configure(worker('web', {restart: 'never', health: {...health, everyMs: 100, failures: 1}}));
    await ward.hear().pass(100);
    expect(ward.told.length).toBe(2);
    ward.bench.configure(worker('web'));
    await ward.hear().pass(60_000);
    expect(ward.told.length).toBe(2);
    expect(ward.checks.reportOf(ward.bench.get('web/1'))).toBeNull();
  });

  test('continue for all ready workers when a controller takes over', async () => {
    const ward = new Ward(worker('web', {health, instances: 3}), worker('other'));
    ward.bench.spawned('web/1').spawned('web/3').spawned('other/1');
    ward.checks.lookAtAll();
    await ward.pass(5000);
    expect(ward.asked).toEqual(['web/1', 'web/3']);
    ward.checks.end();
    await ward.pass(60_000);
    expect(ward.asked.length).toBe(2);
  });

  test('skip a worker that is stopping, and one that throws counts as failed', async () => {
    const ward = new Ward(worker('web', {health: {...health, failures: 1}}), worker('app', {after: ['web']}));
    ward.bench.spawned('web/1').spawned('app/1').stop('web/1', 'app/1');
    ward.finds = () => Promise.reject(new Error('broken'));
    await ward.hear().pass(60_000);
    expect(ward.asked).toEqual([]);
    ward.bench.start('web/1');
    await ward.hear().pass(5000);
    expect(ward.told).toMatchObject([{message: 'Error: broken'}]);
  });
});
