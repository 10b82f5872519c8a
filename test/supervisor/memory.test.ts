import {describe, expect, test} from 'vitest';
import type {WorkerSpec} from '../../src/fleet/types.ts';
import {Bench, worker} from './harness.ts';

const MIB = 2 ** 20;
const limits = {nofile: null, core: null, memory: 512 * MIB, cpu: null};

const ready = (more: Partial<WorkerSpec> = {}): Bench => new Bench(worker('web', {limits, ...more})).spawned('web/1');

const found = (bench: Bench, bytes: number): Bench =>
  bench.say({type: 'memory-exceeded', token: bench.token('web/1'), bytes});

describe('a worker that is found with more memory than it may', () => {
  test('is ended as by stop, and the journal says how much it was', () => {
    const bench = found(ready(), 612 * MIB);
    expect(bench.effects).toMatchObject([
      {event: {type: 'memory-exceeded', bytes: 612 * MIB, limit: 512 * MIB}},
      {type: 'end', signal: 'SIGTERM', timeoutMs: 10_000},
      {event: {type: 'status-changed'}},
    ]);
    expect(bench.get('web/1').reason).toBe('had 612M of memory, its limit is 512M');
  });

  test('has failed, though it ended as it should', () => {
    const again = found(ready({restart: 'on-failure'}), 1024 * MIB).exited('web/1', 0);
    expect(again.get('web/1')).toMatchObject({
      status: 'backoff',
      restarts: 1,
      exit: {reason: 'memory', code: 0},
      reason: 'had 1.0G of memory, its limit is 512M',
    });
    const never = found(ready({restart: 'never'}), 1024 * MIB).exited('web/1', 0);
    expect(never.status('web/1')).toBe('failed');
  });

  test('is left alone where it has none too much, or is going anyway', () => {
    expect(found(ready(), 512 * MIB).effects).toEqual([]);
    expect(found(ready({limits: {...limits, memory: null}}), 512 * MIB).effects).toEqual([]);
    expect(found(ready().stop('web/1'), 612 * MIB).effects).toEqual([]);
    expect(found(ready().restart('web/1'), 612 * MIB).effects).toEqual([]);
  });
});

describe('a worker that the kernel has ended because memory ran out', () => {
  const exited = (oom: 'limit' | 'outside', bench: Bench): Bench =>
    bench.say({type: 'exited', token: bench.token('web/1'), code: null, signal: 'SIGKILL', at: 1, oom});

  test('has failed by its own limit, whatever counts as ending well', () => {
    const bench = exited('limit', ready({success: ['SIGKILL'], restart: 'never'}));
    expect(bench.get('web/1')).toMatchObject({
      status: 'failed',
      exit: {reason: 'memory', signal: 'SIGKILL'},
      reason: 'killed by the kernel: it needed more memory than its limit of 512M',
    });
  });

  test('is told apart from one that others have brought down', () => {
    expect(exited('outside', ready()).get('web/1')).toMatchObject({
      status: 'backoff',
      exit: {reason: 'oom'},
      reason: 'killed by the kernel: memory ran out, and not by its own limit',
    });
  });

  test('while it was being stopped was stopped', () => {
    const bench = exited('limit', ready().stop('web/1'));
    expect(bench.get('web/1').exit?.reason).toBe('stop');
  });
});
