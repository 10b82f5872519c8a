import {describe, expect, test} from 'vitest';
import type {WorkerSpec} from '../../src/fleet/types.ts';
import {Bench, worker} from './harness.ts';

/** Returns three instances of web, all ready, with a reload requested. */
function bench(overrides: Partial<WorkerSpec> = {}): Bench {
  const of = new Bench(worker('web', {instances: 3, ...overrides}));
  for (const {id} of [...of.core.instances()]) of.spawned(id).probeReady(id);
  return of.say({type: 'reload', ids: ['web/1', 'web/2', 'web/3']});
}

const probed: Partial<WorkerSpec> = {ready: {kind: 'log', text: 'up', timeoutMs: 5000}};
const statuses = (of: Bench): string => Array.from(of.core.instances(), ({status}) => status).join(' ');
const again = (of: Bench, id: string): Bench => of.gone(id, 0).spawned(id).probeReady(id);
const failures = (of: Bench): unknown[] =>
  of.all.flatMap(effect => (effect.type === 'journal' && effect.event.type === 'reload-failed' ? [effect.event] : []));

describe('a reload', () => {
  test('restarts one instance after another, each ready before the next', () => {
    const of = bench(probed);
    expect(statuses(of)).toBe('stopping ready ready');
    of.gone('web/1', 0).spawned('web/1').pass(3000);
    expect(statuses(of)).toBe('starting ready ready');
    of.probeReady('web/1');
    expect(statuses(of)).toBe('ready stopping ready');
    expect(statuses(again(of, 'web/2'))).toBe('ready ready stopping');
    expect(statuses(again(of, 'web/3'))).toBe('ready ready ready');
    expect(of.core.isReloading('web/3')).toBe(false);
    expect(failures(of)).toEqual([]);
  });

  test('lets an instance without a readiness check run for a second before the next', () => {
    const of = bench().gone('web/1', 0).spawned('web/1');
    expect(statuses(of.pass(999))).toBe('ready ready ready');
    expect(statuses(of.pass(1))).toBe('ready stopping ready');
  });

  test.each([
    ['crashes at once', (of: Bench) => of.gone('web/1', 0).spawned('web/1').gone('web/1')],
    ['can not be spawned', (of: Bench) => of.gone('web/1', 0).spawnFailed('web/1')],
    ['crashes while the next one has its turn', (of: Bench) => again(of, 'web/1').pass(1000).gone('web/1')],
  ])('ends at one that %s, and the others stay unchanged', (_name, fail) => {
    const of = fail(bench());
    expect(failures(of)).toMatchObject([{worker: 'web', instance: 1}]);
    expect(of.get('web/3').run?.token).toBe('t3');
    expect(of.core.isReloading('web/3')).toBe(false);
    expect(of.pass(60_000).get('web/3').run?.token).toBe('t3');
  });

  test('ends at one that does not get ready', () => {
    const of = bench(probed).gone('web/1', 0).spawned('web/1').pass(5000).gone('web/1', 0);
    expect(failures(of)).toHaveLength(1);
    expect(of.get('web/2').run?.token).toBe('t2');
  });

  test('continues after a controller was lost', () => {
    const of = bench().lose().gone('web/1', 0).spawned('web/1').lose().pass(1000);
    expect(statuses(of)).toBe('ready stopping ready');
    again(of, 'web/2').lose().pass(1000);
    expect(statuses(of)).toBe('ready ready stopping');
  });

  test('restarts all again that are requested while the last one shows itself, each once', () => {
    const ids = ['web/1', 'web/2', 'web/3'];
    const of = bench();
    for (const id of ids)
      of.gone(id, 0)
        .spawned(id)
        .pass(id === 'web/3' ? 500 : 1000);
    expect(statuses(of)).toBe('ready ready ready');
    of.say({type: 'reload', ids});
    expect(statuses(of.pass(500))).toBe('stopping ready ready');
    // The old run of the first one has not ended: its next run is new in any case.
    of.say({type: 'reload', ids: ['web/1']});
    expect(statuses(of.gone('web/1', 0).spawned('web/1').pass(1000))).toBe('ready stopping ready');
    expect(statuses(of.gone('web/2', 0).spawned('web/2').pass(1000))).toBe('ready ready stopping');
    expect(statuses(of.gone('web/3', 0).spawned('web/3').pass(1000))).toBe('ready ready ready');
    expect(of.core.isReloading('web/3')).toBe(false);
    expect(failures(of)).toEqual([]);
  });

  test('skips instances that are stopped or restarted in the meantime', () => {
    const of = bench().stop('web/2').gone('web/2', 0).gone('web/1', 0).spawned('web/1').pass(1000);
    expect(statuses(of)).toBe('ready stopped stopping');
    of.restart('web/3').gone('web/3', 0).spawned('web/3');
    expect(of.core.isReloading('web/3')).toBe(false);
  });

  test('does not start an instance that is down', () => {
    const of = new Bench(worker('web')).spawned('web/1').stop('web/1').gone('web/1', 0);
    expect(of.say({type: 'reload', ids: ['web/1']}).status('web/1')).toBe('stopped');
    expect(of.core.isReloading('web/1')).toBe(false);
  });

  test('ends when the fleet is stopped', () => {
    const of = bench().say({type: 'down', now: false});
    expect(of.core.isReloading('web/2')).toBe(false);
  });
});
