import {describe, expect, test} from 'vitest';
import type {WorkerSpec} from '../../src/fleet/types.ts';
import {Bench, worker} from './harness.ts';

const MIB = 2 ** 20;
const limits = {nofile: null, core: null, memory: 512 * MIB, cpu: null};

const ready = (more: Partial<WorkerSpec> = {}): Bench => new Bench(worker('web', {limits, ...more})).spawned('web/1');

const found = (bench: Bench, bytes: number): Bench =>
  bench.say({type: 'memory-exceeded', token: bench.token('web/1'), bytes});

describe('a worker that exceeds its memory limit', () => {
  test('is ended as by stop, and the journal has the amount', () => {
    const bench = found(ready(), 612 * MIB);
    expect(bench.effects).toMatchObject([
      {event: {type: 'memory-exceeded', bytes: 612 * MIB, limit: 512 * MIB}},
      {type: 'end', signal: 'SIGTERM', timeoutMs: 10_000},
      {event: {type: 'status-changed'}},
    ]);
    expect(bench.get('web/1').reason).toBe('used 612.0M of memory, over its limit of 512M');
  });

  test('has failed, even if it exits with success', () => {
    const again = found(ready({restart: 'on-failure'}), 1024 * MIB).exited('web/1', 0);
    expect(again.get('web/1')).toMatchObject({
      status: 'backoff',
      restarts: 1,
      exit: {reason: 'memory', code: 0},
      reason: 'used 1.0G of memory, over its limit of 512M',
    });
    const never = found(ready({restart: 'never'}), 1024 * MIB).exited('web/1', 0);
    expect(never.status('web/1')).toBe('failed');
  });

  test('is left alone if it does not exceed the limit, or is stopping anyway', () => {
    expect(found(ready(), 512 * MIB).effects).toEqual([]);
    expect(found(ready({limits: {...limits, memory: null}}), 512 * MIB).effects).toEqual([]);
    expect(found(ready().stop('web/1'), 612 * MIB).effects).toEqual([]);
    expect(found(ready().restart('web/1'), 612 * MIB).effects).toEqual([]);
  });
});

describe('a worker killed by the kernel for lack of memory', () => {
  const exited = (oom: 'limit' | 'outside', bench: Bench): Bench =>
    bench.say({type: 'exited', token: bench.token('web/1'), code: null, signal: 'SIGKILL', at: 1, oom});

  test('has failed by its own limit, whatever exits count as success', () => {
    const bench = exited('limit', ready({success: ['SIGKILL'], restart: 'never'}));
    expect(bench.get('web/1')).toMatchObject({
      status: 'failed',
      exit: {reason: 'memory', signal: 'SIGKILL'},
      reason: 'killed by the kernel: it exceeded its memory limit of 512M',
    });
  });

  test('is distinguished from one killed because of other processes', () => {
    expect(exited('outside', ready()).get('web/1')).toMatchObject({
      status: 'backoff',
      exit: {reason: 'oom'},
      reason: 'killed by the kernel: out of memory, not by its own limit',
    });
  });

  test('during a stop was stopped', () => {
    const bench = exited('limit', ready().stop('web/1'));
    expect(bench.get('web/1').exit?.reason).toBe('stop');
  });
});
