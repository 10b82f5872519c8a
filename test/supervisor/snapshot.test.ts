import {describe, expect, test, vi} from 'vitest';
import {rateLimitsFor, restoreCore, SnapshotError, withChanges} from '../../src/supervisor/index.ts';
import {CALENDAR} from '../simulation/calendar.ts';
import {Bench, fleetOf, violated, worker} from './harness.ts';

const options = {newToken: () => 'new', random: () => 0.5, calendar: CALENDAR, limits: rateLimitsFor(1), violated};

function codeOf(text: string): string {
  try {
    restoreCore(text, options);
  } catch (error) {
    if (error instanceof SnapshotError) return error.code;
    throw error;
  }
  return 'none';
}

describe('a snapshot', () => {
  test('is unchanged after being restored', () => {
    const bench = new Bench(worker('db'), worker('web', {instances: 3, requires: ['db']})).spawned('db/1');
    bench.say({type: 'add', spec: worker('extra')}).say({type: 'scale', worker: 'web', instances: 1});
    const text = bench.core.snapshot();
    const {core} = restoreCore(text, options);
    expect(core.snapshot()).toBe(text);
    expect(core.added()).toEqual(['extra']);
    expect(core.fleet()).toEqual(bench.core.fleet());
  });

  test('of another version is rejected as such', () => {
    const text = new Bench(worker('web')).core.snapshot().replace('"version":1', '"version":99');
    expect(codeOf(text)).toBe('version');
  });

  test.each([
    '',
    '{',
    '[]',
    'null',
    '{"version":1}',
    '{"version":1,"stopping":"no","fleet":{},"workers":[],"instances":[]}',
  ])('that is malformed is rejected: %s', text => {
    expect(codeOf(text)).toBe('malformed');
  });

  test('with an instance of no worker, or an incomplete one, is rejected', () => {
    const text = new Bench(worker('web')).core.snapshot();
    expect(codeOf(text.replace('"worker":"web"', '"worker":"ghost"'))).toBe('malformed');
    expect(codeOf(text.replace('"row":0,', ''))).toBe('malformed');
  });

  test('serializes only changed instances again', () => {
    const bench = new Bench(worker('web', {instances: 1000}));
    bench.core.snapshot();
    const stringify = vi.spyOn(JSON, 'stringify');
    bench.spawned('web/7').core.snapshot();
    expect(stringify).toHaveBeenCalledOnce();
    stringify.mockRestore();
  });
});

describe('after a controller was lost', () => {
  test('orders that may have been lost are repeated', () => {
    const log = {kind: 'log', text: 'up', timeoutMs: 1000} as const;
    const bench = new Bench(
      worker('asked'),
      worker('probed', {ready: log}),
      worker('ended'),
      worker('left'),
      worker('up'),
    );
    bench.spawned('probed/1').spawned('ended/1').spawned('left/1').spawned('up/1').stop('ended/1').exited('left/1');
    expect(bench.lose().effects).toEqual([
      {type: 'spawn', token: 't1', id: 'asked/1'},
      {type: 'probe', token: 't2', id: 'probed/1'},
      {type: 'end', token: 't3', signal: 'SIGTERM', timeoutMs: 10_000},
      {type: 'clear', token: 't4', graceMs: 1000},
    ]);
  });

  test('nothing is decided a second time', () => {
    const bench = new Bench(worker('db'), worker('web', {after: ['db']})).spawned('db/1').lose();
    expect(bench.say({type: 'tick'}).effects).toEqual([]);
  });

  test('down --now is still in effect', () => {
    const bench = new Bench(worker('web')).spawned('web/1').say({type: 'down', now: true}).lose();
    expect(bench.effects).toEqual([{type: 'end', token: 't1', signal: 'SIGTERM', timeoutMs: 0}]);
    expect(bench.core.isStopping).toBe(true);
  });

  test('the snapshot with later changes equals the current one, and changes contain only what differs', () => {
    const bench = new Bench(worker('web', {instances: 1000}));
    expect(bench.core.changes()).toBeNull();
    const whole = bench.core.snapshot();
    bench.core.committed();
    const changes: string[] = [];
    const commit = (): void => {
      changes.push(bench.core.changes() ?? '');
      bench.core.committed();
      expect(withChanges(whole, changes)).toBe(bench.core.snapshot());
    };
    bench.spawned('web/7');
    commit();
    expect(changes[0]?.length).toBeLessThan(1500);
    bench.spawned('web/8');
    commit();
    expect(changes[1]).not.toContain('web/7');
    expect(bench.core.changes()).toMatch(/"instances":\[\]/);
  });

  test.each<[string, (bench: Bench) => unknown]>([
    ['a worker comes', bench => bench.say({type: 'add', spec: worker('extra')})],
    ['a worker goes', bench => bench.say({type: 'remove', workers: ['web']})],
    ['there are more of them', bench => bench.say({type: 'scale', worker: 'web', instances: 5})],
    ['a definition is another', bench => bench.say({type: 'configure', fleet: fleetOf([worker('web', {nice: 3})])})],
  ])('the whole is written when %s', (_, change) => {
    const bench = new Bench(worker('web'), worker('db'));
    bench.core.snapshot();
    bench.core.committed();
    expect(bench.core.changes()).not.toBeNull();
    change(bench);
    expect(bench.core.changes()).toBeNull();
  });
});
