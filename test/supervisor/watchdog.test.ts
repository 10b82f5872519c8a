import {describe, expect, test} from 'vitest';
import type {WorkerSpec} from '../../src/fleet/types.ts';
import {Bench, worker} from './harness.ts';

const ready = (overrides: Partial<WorkerSpec> = {}): Bench =>
  new Bench(worker('web', {watchdogMs: 10_000, ...overrides})).spawned('web/1');

const miss = (bench: Bench, asked = false): Bench =>
  bench.say({type: 'watchdog-missed', token: bench.token('web/1'), asked});

describe('a watchdog', () => {
  test('runs while the worker is ready, and not while it is paused or being ended', () => {
    const bench = new Bench(worker('web', {ready: {kind: 'notify', timeoutMs: 5000}})).spawned('web/1');
    const token = bench.token('web/1');
    expect(bench.wanted()).toEqual([]);
    expect(bench.say({type: 'said-ready', token}).wanted()).toEqual(['watchdog']);
    expect(bench.say({type: 'paused', token}).wanted()).toEqual(['unwatchdog']);
    expect(bench.say({type: 'continued', token}).wanted()).toEqual(['watchdog']);
    expect(bench.say({type: 'stop', ids: ['web/1']}).wanted()).toEqual(['end', 'unwatchdog']);
  });

  test('that is missed ends the run by SIGABRT, which is a failure with any exit code', () => {
    const bench = miss(ready({restart: 'on-failure'}));
    expect(bench.effects).toContainEqual({
      type: 'end',
      token: bench.token('web/1'),
      signal: 'SIGABRT',
      timeoutMs: 10_000,
    });
    expect(bench.journal()).toEqual(['watchdog-missed', 'status-changed']);
    expect(bench.exited('web/1', 0).get('web/1')).toMatchObject({
      status: 'backoff',
      exit: {reason: 'watchdog'},
      reason: 'missed its watchdog timeout of 10s; exit code 0',
    });
  });

  test('that is missed during a pause is ignored', () => {
    const paused = ready();
    expect(miss(paused.say({type: 'paused', token: paused.token('web/1')})).wanted()).toEqual([]);
  });

  test('that is missed repeatedly makes the worker give up, even if its time is as long as a lasting run', () => {
    const bench = ready({giveUp: {restarts: 2, withinMs: 1000}});
    for (let i = 0; i < 3; i++) {
      if (i > 0) bench.spawned('web/1');
      miss(bench.pass(10_000)).gone('web/1').pass(60_000);
    }
    expect(bench.get('web/1').reason).toMatch(/^gave up after 2 restarts in a row; last: missed its watchdog/);
  });
});

describe('a message of the worker', () => {
  test('makes it ready only if its definition waits for that', () => {
    const probed = new Bench(worker('web', {ready: {kind: 'log', text: 'up', timeoutMs: 5000}})).spawned('web/1');
    expect(probed.say({type: 'said-ready', token: probed.token('web/1')}).get('web/1').status).toBe('starting');
    const said = new Bench(worker('web', {ready: {kind: 'fd', fd: 3, timeoutMs: 5000}})).spawned('web/1');
    expect(said.say({type: 'said-ready', token: said.token('web/1')}).get('web/1').status).toBe('ready');
  });

  test('extends its time to get ready, and never shortens it', () => {
    const bench = new Bench(worker('web', {ready: {kind: 'notify', timeoutMs: 5000}})).spawned('web/1');
    const token = bench.token('web/1');
    bench.say({type: 'extend', token, ms: 9000}).say({type: 'extend', token, ms: 10});
    expect(bench.pass(8000).get('web/1').status).toBe('starting');
    expect(bench.pass(2000).get('web/1')).toMatchObject({status: 'stopping', run: {ending: 'not-ready'}});
  });

  test('changes its main process', () => {
    const bench = ready();
    bench.say({type: 'main-process', token: bench.token('web/1'), pid: 4711, startTime: '7'});
    expect(bench.get('web/1').run).toMatchObject({pid: 4711, startTime: '7'});
    expect(bench.journal()).toEqual(['main-process']);
  });
});
