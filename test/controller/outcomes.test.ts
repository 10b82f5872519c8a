import {describe, expect, test} from 'vitest';
import {LastEnds} from '../../src/controller/turn/last-ends.ts';
import {isGone, isUp, outcomesOf, waitingFor} from '../../src/controller/handlers/outcomes.ts';
import type {WorkerSpec} from '../../src/fleet/types.ts';
import {Bench, worker} from '../supervisor/harness.ts';

const once: Partial<WorkerSpec> = {restart: 'never'};

const told = (bench: Bench, ...ids: string[]): string[] | null =>
  outcomesOf(bench.core, ids, isUp, new LastEnds())?.map(({id, ok, reason}) => `${id} ${ok ? 'ok' : (reason ?? '')}`) ??
  null;

describe('an instance that waits', () => {
  test('may still come, as long as what it waits for may', () => {
    const bench = new Bench(worker('a', once), worker('b', {after: ['a']}), worker('c', {requires: ['b']}));
    expect(told(bench, 'c/1')).toBeNull();
    expect(waitingFor(bench.core, ['a/1', 'c/1'], isUp).map(({id}) => id)).toEqual(['a/1', 'c/1']);
  });

  test('will not, once something has failed on the way to it', () => {
    const bench = new Bench(worker('a', once), worker('b', {after: ['a']}), worker('c', {requires: ['b']}));
    bench.spawnFailed('a/1');
    expect(told(bench, 'c/1')).toEqual(['c/1 waits for b, which is pending']);
  });

  test('will not, where what it requires was stopped by hand; `after` does not wait for that', () => {
    const bench = new Bench(worker('a'), worker('needs', {requires: ['a']}), worker('follows', {after: ['a']}));
    bench.stop('a/1').gone('a/1');
    expect(told(bench, 'needs/1')).toEqual(['needs/1 requires a, which is stopped']);
    bench.spawned('follows/1');
    expect(told(bench, 'follows/1')).toEqual(['follows/1 ok']);
  });

  test('in layers, in a large fleet, each worker is looked at once', () => {
    const LAYERS = 20;
    const layers = Array.from({length: LAYERS}, (_, layer) =>
      ['x', 'y'].map(side =>
        worker(`${side}${layer}`, {
          instances: 25,
          ...(layer === 0 ? {} : {after: [`x${layer - 1}`, `y${layer - 1}`]}),
        }),
      ),
    );
    const bench = new Bench(...layers.flat());
    const {core} = bench;
    const asked = new Map<string, number>();
    const specOf = core.specOf.bind(core);
    core.specOf = name => {
      asked.set(name, (asked.get(name) ?? 0) + 1);
      return specOf(name);
    };
    const ids = Array.from(core.instances(), ({id}) => id);
    expect(waitingFor(core, ids, isUp).length).toBe(ids.length);
    expect([...asked.values()].every(times => times === 1)).toBe(true);
  });
});

describe('an instance that is to go', () => {
  test('is waited for until it is gone', () => {
    const bench = new Bench(worker('web', {instances: 2})).spawned('web/1').spawned('web/2');
    bench.say({type: 'scale', worker: 'web', instances: 1});
    expect(outcomesOf(bench.core, ['web/2'], isGone, new LastEnds())).toBeNull();
    bench.gone('web/2');
    expect(outcomesOf(bench.core, ['web/2'], isGone, new LastEnds())).toMatchObject([{status: 'removed', ok: true}]);
  });

  test('and that somebody else has brought back meanwhile is waited for no more', () => {
    const bench = new Bench(worker('web', {instances: 2})).spawned('web/1').spawned('web/2');
    bench.say({type: 'scale', worker: 'web', instances: 1}).say({type: 'scale', worker: 'web', instances: 2});
    expect(outcomesOf(bench.core, ['web/2'], isGone, new LastEnds())).toMatchObject([
      {ok: false, reason: 'it was added again meanwhile'},
    ]);
  });
});
