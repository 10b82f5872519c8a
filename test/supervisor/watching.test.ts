import {describe, expect, test} from 'vitest';
import {Bench, worker} from './harness.ts';

const change = (bench: Bench, ...ids: string[]): Bench =>
  bench.say({type: 'file-changed', ids, path: 'src/a.js', files: 2});

describe('a change of a watched file', () => {
  test('restarts each instance, which is no failure', () => {
    const bench = new Bench(worker('web', {instances: 2})).spawned('web/1').spawned('web/2');
    change(bench, 'web/1', 'web/2');
    expect(bench.wanted()).toEqual(['end', 'end']);
    expect(bench.effects[0]).toMatchObject({event: {type: 'file-changed', instance: 1, path: 'src/a.js', files: 2}});
    expect(bench.get('web/2')).toMatchObject({status: 'stopping', reason: 'src/a.js has changed'});
    bench.gone('web/1').gone('web/2').spawned('web/1').spawned('web/2');
    expect(bench.get('web/1')).toMatchObject({status: 'ready', restarts: 0, row: 0, exit: {reason: 'watch'}});
  });

  test('starts an instance that has failed, has finished or is in backoff, with a clean slate', () => {
    const never = {giveUp: {restarts: 0, withinMs: 1000}};
    const failed = new Bench(worker('web', never)).spawned('web/1').gone('web/1');
    expect(failed.status('web/1')).toBe('failed');
    expect(change(failed, 'web/1').get('web/1')).toMatchObject({status: 'starting', row: 0, recent: []});

    const finished = new Bench(worker('web', {restart: 'on-failure'})).spawned('web/1').gone('web/1', 0);
    expect(finished.status('web/1')).toBe('finished');
    expect(change(finished, 'web/1').status('web/1')).toBe('starting');

    const waiting = new Bench(worker('web')).spawned('web/1').gone('web/1').spawned('web/1').gone('web/1');
    expect(waiting.status('web/1')).toBe('backoff');
    expect(change(waiting, 'web/1').get('web/1')).toMatchObject({status: 'starting', row: 0, delayMs: 0});
  });

  test('has no effect on an instance that is stopped, paused, being removed, or yet to begin', () => {
    const stopped = new Bench(worker('web')).spawned('web/1').stop('web/1').gone('web/1');
    expect(change(stopped, 'web/1').effects).toEqual([]);

    const paused = new Bench(worker('web')).spawned('web/1').say({type: 'pause', ids: ['web/1']});
    expect(change(paused, 'web/1').effects).toEqual([]);

    const pending = new Bench(worker('db', {ready: {kind: 'notify', timeoutMs: 9000}}), worker('web', {after: ['db']}));
    expect(pending.status('web/1')).toBe('pending');
    expect(change(pending, 'web/1').effects).toEqual([]);

    const going = new Bench(worker('web', {instances: 2})).spawned('web/1').spawned('web/2');
    going.say({type: 'scale', worker: 'web', instances: 1});
    expect(change(going, 'web/2').effects).toEqual([]);
  });

  test('starts nothing before the time of its schedule, but restarts a current run', () => {
    const bench = new Bench(worker('job', {schedule: '* * * * *', restart: 'never'}));
    expect(change(bench, 'job/1').effects).toEqual([]);
    bench.start('job/1').spawned('job/1');
    expect(change(bench, 'job/1').wanted()).toEqual(['end']);
    expect(bench.gone('job/1').spawned('job/1').status('job/1')).toBe('ready');
  });

  test('has no effect during another restart, but turns an end by failure into a restart', () => {
    const restarted = new Bench(worker('web')).spawned('web/1').restart('web/1');
    expect(change(restarted, 'web/1').effects).toEqual([]);

    const unready = new Bench(worker('web', {restart: 'never', ready: {kind: 'notify', timeoutMs: 100}}));
    unready.spawned('web/1').pass(100);
    expect(unready.get('web/1').run?.ending).toBe('not-ready');
    expect(change(unready, 'web/1').gone('web/1').status('web/1')).toBe('starting');
  });

  test('starts nothing while the fleet is being stopped', () => {
    const bench = new Bench(worker('web')).spawned('web/1').say({type: 'down', now: false});
    expect(change(bench, 'web/1').effects).toEqual([]);
  });

  test('survives the loss of the controller: its successor starts the new run', () => {
    const bench = change(new Bench(worker('web')).spawned('web/1'), 'web/1').lose();
    expect(bench.wanted()).toEqual(['end']);
    expect(bench.gone('web/1').status('web/1')).toBe('starting');
  });
});

describe('other paths to watch', () => {
  test('take effect without a restart', () => {
    const bench = new Bench(worker('web'))
      .spawned('web/1')
      .configure(worker('web', {watch: ['/srv/src'], watchIgnore: ['x']}));
    expect(bench.wanted()).toEqual([]);
    expect(bench.journal()).toEqual(['plan-applied']);
  });
});
