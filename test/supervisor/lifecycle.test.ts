import {describe, expect, test} from 'vitest';
import {Bench, worker} from './harness.ts';

const log = {kind: 'log', text: 'up', timeoutMs: 30_000} as const;

describe('an instance', () => {
  test('is ready as soon as it is spawned, unless its definition has another condition', () => {
    const bench = new Bench(worker('web'));
    expect(bench.status('web/1')).toBe('starting');
    bench.spawned('web/1');
    expect(bench.status('web/1')).toBe('ready');
    expect(bench.journal()).toEqual(['spawned', 'ready', 'status-changed']);
  });

  test('is probed for readiness, and no longer once it is ready', () => {
    const bench = new Bench(worker('web', {ready: log})).spawned('web/1');
    expect(bench.wanted()).toEqual(['probe']);
    bench.probeReady('web/1');
    expect(bench.wanted()).toEqual(['unprobe']);
    expect(bench.status('web/1')).toBe('ready');
  });

  test('is ready some time after its spawn if its definition requires that', () => {
    const bench = new Bench(worker('web', {ready: {kind: 'after', delayMs: 300, timeoutMs: 30_000}})).spawned('web/1');
    expect(bench.pass(299).status('web/1')).toBe('starting');
    expect(bench.pass(1).status('web/1')).toBe('ready');
  });

  test('is ended, as a failure, if it does not get ready in time', () => {
    const bench = new Bench(worker('web', {ready: log, restart: 'never'})).spawned('web/1').pass(30_000);
    expect(bench.wanted()).toEqual(['unprobe', 'end']);
    bench.gone('web/1', 0);
    expect(bench.get('web/1')).toMatchObject({
      status: 'failed',
      reason: 'not ready within 30s',
      exit: {reason: 'not-ready', code: 0},
    });
  });

  test('gives up if it never gets ready, even if each attempt lasts longer than reset_after', () => {
    const bench = new Bench(worker('web', {ready: log, giveUp: {restarts: 2, withinMs: 1000}}));
    for (let i = 0; i < 3; i++) bench.spawned('web/1').pass(30_000).gone('web/1').pass(30_000);
    expect(bench.get('web/1').reason).toBe('gave up after 2 restarts in a row; last: not ready within 30s');
    expect(bench.count('spawn')).toBe(3);
  });

  test('is only flagged if a keeper that died may have seen its readiness', () => {
    const bench = new Bench(worker('web', {ready: log})).spawned('web/1');
    bench.say({type: 'spawned', token: 't1', pid: 101, startTime: '1', at: 1, adopted: true});
    expect(bench.journal()).toEqual(['adopted']);
    bench.pass(30_000);
    expect(bench.get('web/1')).toMatchObject({status: 'starting', unhealthy: true, reason: 'not ready within 30s'});
    bench.probeReady('web/1');
    expect(bench.get('web/1')).toMatchObject({status: 'ready', unhealthy: false, reason: null});
    expect(bench.wanted()).toEqual(['unprobe']);
  });

  test('waits until its last run is cleared before the next one begins', () => {
    const bench = new Bench(worker('web')).spawned('web/1').exited('web/1');
    expect(bench.status('web/1')).toBe('backoff');
    expect(bench.effects).toContainEqual({type: 'clear', token: 't1', graceMs: 1000});
    expect(bench.pass(60_000).wanted()).toEqual([]);
    bench.cleared('web/1');
    expect(bench.wanted()).toEqual(['forget', 'spawn']);
  });

  test('lists the survivors that could not be ended', () => {
    const bench = new Bench(worker('web')).spawned('web/1').stop('web/1').exited('web/1').cleared('web/1', ['7 deaf']);
    expect(bench.get('web/1')).toMatchObject({status: 'stopped', survivors: ['7 deaf'], proof: 'lineage'});
    expect(bench.journal()).toEqual(['survivor', 'status-changed']);
  });

  test('is down if its spawn fails during a stop', () => {
    const bench = new Bench(worker('web')).stop('web/1');
    expect(bench.wanted()).toEqual(['end']);
    bench.spawnFailed('web/1');
    expect(bench.wanted()).toEqual(['forget']);
    expect(bench.status('web/1')).toBe('stopped');
  });

  test('continues its stop if it turns out to have been spawned', () => {
    const bench = new Bench(worker('web')).stop('web/1').spawned('web/1');
    expect(bench.get('web/1')).toMatchObject({status: 'stopping', run: {pid: 101}});
    expect(bench.gone('web/1').status('web/1')).toBe('stopped');
  });

  test('is ended after its maximum runtime, and judged by its exit', () => {
    const bench = new Bench(worker('web', {maxRuntimeMs: 3_600_000, restart: 'on-failure'})).spawned('web/1');
    bench.pass(3_600_000);
    expect(bench.get('web/1').reason).toBe('reached its maximum runtime of 1h');
    expect(bench.gone('web/1', 0).status('web/1')).toBe('finished');
  });

  test('may be cleared without a reported exit', () => {
    const bench = new Bench(worker('web', {restart: 'never'})).spawned('web/1').cleared('web/1');
    expect(bench.get('web/1')).toMatchObject({status: 'failed', clearing: null, exit: {reason: 'unknown'}});
  });
});

describe('facts about past runs', () => {
  test.each([
    {type: 'exited', token: 'old', code: 0, signal: null, at: 1},
    {type: 'cleared', token: 'old', proof: 'cgroup', survivors: []},
    {type: 'spawn-failed', token: 'old', code: 'EX', message: 'x', at: 1, shortage: false},
  ] as const)('make the keeper forget them: $type', fact => {
    expect(new Bench(worker('web')).say(fact).effects).toEqual([{type: 'forget', token: 'old'}]);
  });

  test.each([
    {type: 'spawned', token: 'old', pid: 1, startTime: '1', at: 1},
    {type: 'probe-ready', token: 'old'},
    {type: 'paused', token: 'old'},
  ] as const)('change nothing: $type', fact => {
    expect(new Bench(worker('web')).say(fact).effects).toEqual([]);
  });

  test('have the same effect twice as once', () => {
    const bench = new Bench(worker('web', {backoff: {...worker('x').backoff, firstMs: 500}})).spawned('web/1');
    bench.exited('web/1').exited('web/1');
    expect(bench.effects).toEqual([]);
    expect(bench.get('web/1').restarts).toBe(1);
  });
});

describe('pausing', () => {
  test('freezes the tree and is journaled once', () => {
    const bench = new Bench(worker('web')).spawned('web/1').say({type: 'pause', ids: ['web/1']});
    expect(bench.wanted()).toEqual(['freeze']);
    expect(bench.journal()).toEqual(['paused']);
    bench.say({type: 'paused', token: 't1'});
    expect(bench.effects).toEqual([]);
    bench.say({type: 'resume', ids: ['web/1']});
    expect(bench.wanted()).toEqual(['thaw']);
    expect(bench.journal()).toEqual(['resumed']);
  });

  test('postpones the deadline for readiness', () => {
    const bench = new Bench(worker('web', {ready: log})).spawned('web/1').pass(20_000);
    bench.say({type: 'paused', token: 't1'}).pass(100_000).say({type: 'continued', token: 't1'});
    expect(bench.pass(9_999).status('web/1')).toBe('starting');
    expect(bench.pass(1).status('web/1')).toBe('stopping');
  });

  test('does not prevent a stop', () => {
    const bench = new Bench(worker('web'))
      .spawned('web/1')
      .say({type: 'pause', ids: ['web/1']})
      .stop('web/1');
    expect(bench.wanted()).toEqual(['end']);
    expect(bench.gone('web/1').status('web/1')).toBe('stopped');
  });

  test('before the end of the spawn takes effect after it', () => {
    const bench = new Bench(worker('web')).say({type: 'pause', ids: ['web/1']});
    expect(bench.wanted()).toEqual([]);
    expect(bench.spawned('web/1').wanted()).toEqual(['freeze']);
  });
});

describe('an alarm', () => {
  test('is one SIGALRM at its time', () => {
    const bench = new Bench(worker('web')).spawned('web/1').say({type: 'alarm', ids: ['web/1'], seconds: 2});
    expect(bench.journal()).toEqual(['alarm-set']);
    expect(bench.core.nextDeadline()).toBe(bench.mono + 2000);
    expect(bench.pass(2000).effects).toContainEqual({type: 'signal', token: 't1', signal: 'SIGALRM'});
    expect(bench.journal()).toEqual(['alarm-fired']);
    expect(bench.core.nextDeadline()).toBeNull();
  });

  test('of 0 seconds cancels', () => {
    const bench = new Bench(worker('web', {alarmMs: 5000})).spawned('web/1');
    expect(bench.say({type: 'alarm', ids: ['web/1'], seconds: 0}).journal()).toEqual(['alarm-cancelled']);
    expect(bench.pass(5000).effects).toEqual([]);
  });

  test('of the definition is set anew in each run', () => {
    const bench = new Bench(worker('web', {alarmMs: 5000})).spawned('web/1').gone('web/1').spawned('web/1');
    expect(bench.get('web/1').run?.alarmAt).toBe(bench.mono + 5000);
  });
});
