import {describe, expect, test} from 'vitest';
import {sizesGrowLinearly} from '../text/growth.ts';
import {Bench, fleetOf, worker} from './harness.ts';

describe('stop', () => {
  test('during backoff takes effect at once, and nothing is started later', () => {
    const slow = worker('web', {backoff: {...worker('x').backoff, firstMs: 5000}});
    const bench = new Bench(slow).spawned('web/1').gone('web/1').stop('web/1');
    expect(bench.status('web/1')).toBe('stopped');
    expect(bench.pass(60_000).effects).toEqual([]);
  });

  test('after a crash waits until nothing is left of the run', () => {
    const bench = new Bench(worker('web')).spawned('web/1').exited('web/1').stop('web/1');
    expect(bench.status('web/1')).toBe('stopping');
    expect(bench.cleared('web/1').status('web/1')).toBe('stopped');
    expect(bench.count('spawn')).toBe(1);
  });

  test('followed by start begins a new run once the old one is down', () => {
    const bench = new Bench(worker('web')).spawned('web/1').stop('web/1').start('web/1');
    expect(bench.status('web/1')).toBe('stopping');
    expect(bench.gone('web/1').status('web/1')).toBe('starting');
    expect(bench.get('web/1').restarts).toBe(0);
  });
});

describe('restart', () => {
  test('repeated any number of times at once results in one new run', () => {
    const bench = new Bench(worker('web')).spawned('web/1');
    for (let i = 0; i < 10; i++) bench.restart('web/1');
    bench.exited('web/1').restart('web/1').cleared('web/1').restart('web/1');
    // The last restart came after the new run had begun.
    expect(bench.count('spawn')).toBe(2);
    expect(bench.gone('web/1').spawned('web/1').get('web/1')).toMatchObject({status: 'ready', restarts: 0});
  });

  test('and stop at once have the result of the last one', () => {
    const bench = new Bench(worker('web')).spawned('web/1').restart('web/1').stop('web/1').gone('web/1');
    expect(bench.status('web/1')).toBe('stopped');
  });

  test('starts a worker that has given up, with a clean slate', () => {
    const bench = new Bench(worker('web', {giveUp: {restarts: 0, withinMs: 1000}})).spawned('web/1').gone('web/1');
    expect(bench.status('web/1')).toBe('failed');
    expect(bench.restart('web/1').get('web/1')).toMatchObject({status: 'starting', row: 0, recent: []});
  });
});

describe('scale', () => {
  test('up uses the lowest free numbers, down removes the highest', () => {
    const bench = new Bench(worker('web', {instances: 2})).spawned('web/1').spawned('web/2');
    bench.say({type: 'scale', worker: 'web', instances: 3}).spawned('web/3');
    bench.say({type: 'scale', worker: 'web', instances: 1}).gone('web/2').gone('web/3');
    expect([...bench.core.instances()].map(({id}) => id)).toEqual(['web/1']);
    expect(bench.status('web/1')).toBe('ready');
  });

  test('of a worker that was stopped by hand starts nothing', () => {
    const bench = new Bench(worker('web')).spawned('web/1').stop('web/1').gone('web/1');
    bench.say({type: 'scale', worker: 'web', instances: 2});
    expect(bench.status('web/2')).toBe('stopped');
  });

  test('down and up again starts a new run of an instance that is being removed', () => {
    const bench = new Bench(worker('web', {instances: 2})).spawned('web/1').spawned('web/2');
    bench.say({type: 'scale', worker: 'web', instances: 1}).say({type: 'scale', worker: 'web', instances: 2});
    expect(bench.gone('web/2').get('web/2')).toMatchObject({status: 'starting', leaving: false});
  });
});

describe('add and remove', () => {
  test('introduce a worker and delete it, including its definition', () => {
    const bench = new Bench(worker('web')).say({type: 'add', spec: worker('extra')}).spawned('extra/1');
    expect(bench.core.added()).toEqual(['extra']);
    expect(bench.core.fleet().workers.map(({name}) => name)).toEqual(['web', 'extra']);
    bench.say({type: 'remove', workers: ['extra']});
    expect(bench.core.specOf('extra').name).toBe('extra');
    bench.gone('extra/1');
    expect(() => bench.core.specOf('extra')).toThrow('no worker extra');
    expect(bench.core.added()).toEqual([]);
  });
});

describe('configure', () => {
  test('without a change has no effect', () => {
    const fleet = [worker('db', {env: {A: '1', B: '2'}}), worker('web', {after: ['db']})];
    const bench = new Bench(...fleet).spawned('db/1');
    const reordered = [{...worker('db'), env: {B: '2', A: '1'}}, worker('web', {after: ['db']})];
    expect(bench.configure(...reordered).effects).toEqual([]);
  });

  test('restarts the changed workers, and only those', () => {
    const bench = new Bench(worker('db'), worker('web')).spawned('db/1').spawned('web/1');
    bench.configure(worker('db'), worker('web', {argv: ['/bin/new']}));
    expect(bench.effects).toContainEqual({
      type: 'journal',
      event: {type: 'plan-applied', added: [], removed: [], changed: ['web']},
    });
    expect([bench.status('db/1'), bench.status('web/1')]).toEqual(['ready', 'stopping']);
    expect(bench.gone('web/1').spawned('web/1').get('web/1')).toMatchObject({status: 'ready', restarts: 0});
    expect(bench.core.specOf('web').argv).toEqual(['/bin/new']);
  });

  test('ends a run by the definition with which it began', () => {
    const bench = new Bench(worker('web')).spawned('web/1');
    bench.configure(worker('web', {argv: ['/bin/new'], stop: {signal: 'SIGINT', timeoutMs: 1}}));
    expect(bench.effects).toContainEqual({type: 'end', token: 't1', signal: 'SIGTERM', timeoutMs: 10_000});
  });

  test('applies a change that needs no restart at once', () => {
    const bench = new Bench(worker('web')).spawned('web/1');
    bench.configure(worker('web', {restart: 'never', stop: {signal: 'SIGINT', timeoutMs: 5}}));
    expect(bench.status('web/1')).toBe('ready');
    expect(bench.gone('web/1').status('web/1')).toBe('failed');
  });

  test('starts a failed or stopped worker only if its definition has changed', () => {
    const bench = new Bench(worker('a', {restart: 'never'}), worker('b')).spawned('a/1').spawned('b/1');
    bench.gone('a/1').stop('b/1').gone('b/1');
    bench.configure(worker('a', {restart: 'never'}), worker('b'), worker('c'));
    expect([bench.status('a/1'), bench.status('b/1')]).toEqual(['failed', 'stopped']);
    bench.configure(worker('a', {cwd: '/new'}), worker('b', {cwd: '/new'}), worker('c'));
    expect([bench.status('a/1'), bench.status('b/1')]).toEqual(['starting', 'starting']);
  });

  test('keeps added workers, resets scale, and follows the order of the file', () => {
    const bench = new Bench(worker('a'), worker('b')).say({type: 'add', spec: worker('extra')});
    bench.say({type: 'scale', worker: 'a', instances: 3}).configure(worker('b'), worker('a'));
    for (const id of ['a/2', 'a/3']) bench.spawnFailed(id);
    expect([...bench.core.instances()].map(({id}) => id)).toEqual(['b/1', 'a/1', 'extra/1']);
  });
});

describe('down', () => {
  test('stops everything in reverse order, and nothing is started any more', () => {
    const bench = new Bench(worker('db'), worker('web', {after: ['db']})).spawned('db/1').spawned('web/1');
    bench.say({type: 'down', now: false});
    expect(bench.core.isStopping).toBe(true);
    bench
      .start('web/1')
      .restart('db/1')
      .say({type: 'add', spec: worker('x')})
      .configure(worker('y'));
    expect(bench.effects).toEqual([]);
    expect(bench.gone('web/1').core.isDown).toBe(false);
    expect(bench.gone('db/1').core.isDown).toBe(true);
    expect(bench.count('spawn')).toBe(2);
  });

  test('--now ends everything at once, even what was being stopped in order', () => {
    const bench = new Bench(worker('db'), worker('web', {after: ['db']})).spawned('db/1').spawned('web/1');
    bench.say({type: 'down', now: false}).say({type: 'down', now: true});
    expect(bench.effects.filter(({type}) => type === 'end')).toEqual([
      {type: 'end', token: 't1', signal: 'SIGTERM', timeoutMs: 0},
      {type: 'end', token: 't2', signal: 'SIGTERM', timeoutMs: 0},
    ]);
  });
});

describe('a fleet of 1,000', () => {
  test('is handled without a scan of all instances at each fact', () => {
    // A scan of all instances at each fact would take 64 times as long for eight times as many.
    sizesGrowLinearly('facts', 125, instances => {
      const bench = new Bench(worker('web', {instances}), worker('edge', {after: ['web']}));
      for (let i = 1; i <= instances; i++) bench.spawned(`web/${i}`);
      expect(bench.status('edge/1')).toBe('starting');
      return () => {
        for (let round = 0; round < 5; round++) {
          for (let i = 1; i <= instances; i++) bench.gone(`web/${i}`).spawned(`web/${i}`).pass(0);
        }
        expect(fleetOf(bench.core.workers()).workers).toHaveLength(2);
      };
    });
  });
});
