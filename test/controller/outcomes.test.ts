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
  test('may still start while its dependencies may', () => {
    const bench = new Bench(worker('a', once), worker('b', {after: ['a']}), worker('c', {requires: ['b']}));
    expect(told(bench, 'c/1')).toBeNull();
    expect(waitingFor(bench.core, ['a/1', 'c/1'], isUp).map(({id}) => id)).toEqual(['a/1', 'c/1']);
  });

  test('fails once a dependency, direct or indirect, has failed', () => {
    const bench = new Bench(worker('a', once), worker('b', {after: ['a']}), worker('c', {requires: ['b']}));
    bench.spawnFailed('a/1');
    expect(told(bench, 'c/1')).toEqual(['c/1 waits for b, which is pending']);
  });

  test('fails if a required worker was stopped by hand; `after` does not wait for that', () => {
    const bench = new Bench(worker('a'), worker('needs', {requires: ['a']}), worker('follows', {after: ['a']}));
    bench.stop('a/1').gone('a/1');
    expect(told(bench, 'needs/1')).toEqual(['needs/1 requires a, which is stopped']);
    bench.spawned('follows/1');
    expect(told(bench, 'follows/1')).toEqual(['follows/1 ok']);
  });

  test('in layers of a large fleet makes each worker be examined only once', () => {
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

describe('an instance that is being removed', () => {
  test('is waited for until it is gone', () => {
    const bench = new Bench(worker('web', {instances: 2})).spawned('web/1').spawned('web/2');
    bench.say({type: 'scale', worker: 'web', instances: 1});
    expect(outcomesOf(bench.core, ['web/2'], isGone, new LastEnds())).toBeNull();
    bench.gone('web/2');
    expect(outcomesOf(bench.core, ['web/2'], isGone, new LastEnds())).toMatchObject([{status: 'removed', ok: true}]);
  });

  test('is no longer waited for once it was added again', () => {
    const bench = new Bench(worker('web', {instances: 2})).spawned('web/1').spawned('web/2');
    bench.say({type: 'scale', worker: 'web', instances: 1}).say({type: 'scale', worker: 'web', instances: 2});
    expect(outcomesOf(bench.core, ['web/2'], isGone, new LastEnds())).toMatchObject([
      {ok: false, reason: 'it was added again in the meantime'},
    ]);
  });
});
