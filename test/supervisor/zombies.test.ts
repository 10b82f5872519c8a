import {describe, expect, test} from 'vitest';
import type {WorkerSpec} from '../../src/fleet/types.ts';
import {Bench, worker} from './harness.ts';

const ready = (more: Partial<WorkerSpec> = {}): Bench =>
  new Bench(worker('web', {zombies: 'restart', ...more})).spawned('web/1');

const found = (bench: Bench): Bench =>
  bench.say({type: 'zombie-left', token: bench.token('web/1'), pid: 4711, name: 'cron (x)'});

describe('a worker that leaves zombies', () => {
  test('is ended as by stop, and the journal has the zombie', () => {
    const bench = found(ready());
    expect(bench.effects).toMatchObject([
      {event: {type: 'zombie-left', zombie: 4711, name: 'cron (x)'}},
      {type: 'end', signal: 'SIGTERM', timeoutMs: 10_000},
      {event: {type: 'status-changed'}},
    ]);
  });

  test('has failed, even if it exits with success', () => {
    const again = found(ready({restart: 'on-failure'})).exited('web/1', 0);
    expect(again.get('web/1')).toMatchObject({
      status: 'backoff',
      restarts: 1,
      exit: {reason: 'zombies', code: 0},
      reason: 'left a zombie: its process 4711 (cron (x)) exited and was not reaped',
    });
    expect(
      found(ready({restart: 'never'}))
        .exited('web/1', 0)
        .status('web/1'),
    ).toBe('failed');
  });

  test('is left alone if its definition does not ask for it, if it is paused, or is stopping anyway', () => {
    expect(found(ready({zombies: 'report'})).effects).toEqual([]);
    expect(found(ready({zombies: 'nudge'})).effects).toEqual([]);
    expect(found(ready().stop('web/1')).effects).toEqual([]);
    const paused = ready();
    paused.say({type: 'paused', token: paused.token('web/1')});
    expect(found(paused).effects).toEqual([]);
  });
});
