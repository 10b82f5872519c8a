import {describe, expect, test} from 'vitest';
import {reconcile} from '../../src/controller/start/reconcile.ts';
import type {RunFact} from '../../src/link/runs.ts';
import type {WorkerSpec} from '../../src/fleet/types.ts';
import {createCore, restoreCore} from '../../src/supervisor/index.ts';
import {Bench, fleetOf, worker} from '../supervisor/harness.ts';

const AGE = 4000;

function fact(token: string, id: string, more: Partial<RunFact> = {}): RunFact {
  return {
    token,
    id,
    pid: 4711,
    startTime: '5',
    startedAt: 1,
    adopted: false,
    paused: false,
    logStart: {out: 0, err: 0},
    exit: null,
    failure: null,
    notice: null,
    cleared: null,
    unenforced: {memory: null, cpu: null},
    ...more,
  };
}

const over: Partial<RunFact> = {exit: {code: 1, signal: null, at: 1}, cleared: {proof: 'cgroup', survivors: []}};

/** The next controller, with what the bench has committed, meets a keeper that knows these runs. */
function meet(bench: Bench, ...runs: RunFact[]): string[] {
  const {inputs, strays} = reconcile(bench.core, runs, 0, () => AGE);
  bench.all.length = 0;
  for (const input of inputs) bench.say(input);
  return strays.map(({token}) => token);
}

/** A controller whose snapshot is lost: all that it has is the fleet file. */
function fresh(...workers: WorkerSpec[]): Bench {
  const bench = new Bench();
  bench.core = createCore(fleetOf(workers), bench.options);
  return bench;
}

/** Goes back to a snapshot: what came after it could not be recorded. */
function backTo(bench: Bench, snapshot: string): Bench {
  bench.core = restoreCore(snapshot, bench.options).core;
  return bench;
}

const spawns = (bench: Bench): unknown[] => bench.all.filter(({type}) => type === 'spawn');

describe('with a lost snapshot', () => {
  test('all that live are taken over before any other is started', () => {
    const bench = fresh(worker('web', {instances: 2}), worker('db'));
    expect(meet(bench, fact('a', 'web/1'), fact('b', 'db/1', {pid: 4712}))).toEqual([]);
    expect(bench.get('web/1')).toMatchObject({status: 'ready', restarts: 0, run: {token: 'a', pid: 4711}});
    expect(bench.get('db/1')).toMatchObject({status: 'ready', restarts: 0, run: {token: 'b', adopted: true}});
    expect(spawns(bench)).toEqual([{type: 'spawn', token: 't1', id: 'web/2'}]);
  });

  test('one that is asked whether it is ready is asked anew, and not blamed: its word may have been heard', () => {
    const ready = {kind: 'tcp', host: 'h', port: 1, timeoutMs: 1000} as const;
    const bench = fresh(worker('web', {ready}));
    meet(bench, fact('a', 'web/1'));
    expect(bench.get('web/1')).toMatchObject({status: 'starting', unhealthy: false});
    expect(bench.count('probe')).toBe(1);
    bench.pass(1000);
    expect(bench.get('web/1')).toMatchObject({status: 'starting', unhealthy: true, run: {token: 'a', ending: null}});
    expect(bench.probeReady('web/1').status('web/1')).toBe('ready');
  });

  test('deadlines count from when it began', () => {
    const bench = fresh(worker('web', {maxRuntimeMs: 10_000}));
    meet(bench, fact('a', 'web/1'));
    expect(bench.get('web/1').run?.endAt).toBe(bench.mono - AGE + 10_000);
  });

  test('one that has ended meanwhile, or has nothing but an intent, is judged as any other', () => {
    const bench = fresh(worker('web', {restart: 'never'}), worker('db'));
    const {exit} = over;
    meet(
      bench,
      fact('a', 'web/1', {exit: {code: 3, signal: null, at: 1}}),
      fact('b', 'db/1', {pid: null, exit: exit!}),
    );
    expect(bench.get('web/1')).toMatchObject({status: 'failed', clearing: 'a'});
    expect(bench.get('db/1')).toMatchObject({status: 'backoff', clearing: 'b', restarts: 1});
    expect(spawns(bench)).toEqual([]);
  });

  test('an instance too many is ended as others are; a run of nobody, and a second one, are strays', () => {
    const bench = fresh(worker('web'));
    const runs = [fact('a', 'web/1'), fact('b', 'web/5'), fact('c', 'extra/1'), fact('d', 'web/1')];
    expect(meet(bench, ...runs)).toEqual(['c', 'd']);
    expect(bench.get('web/5')).toMatchObject({wanted: 'down', leaving: true, status: 'stopping', run: {token: 'b'}});
    expect(bench.all).toContainEqual({type: 'end', token: 'b', signal: 'SIGTERM', timeoutMs: 10_000});
    expect(bench.gone('web/5').core.get('web/5')).toBeUndefined();
  });

  test('what is to end ends, with what was found', () => {
    const bench = fresh(worker('web')).say({type: 'down', now: false});
    meet(bench, fact('a', 'web/1'));
    expect(bench.get('web/1').status).toBe('stopping');
    expect(bench.gone('web/1').core.isDown).toBe(true);
  });
});

describe('with a snapshot that is older than what was done', () => {
  test('a restart that could not be recorded is found, and counted', () => {
    const bench = new Bench(worker('web')).spawned('web/1');
    const before = bench.core.snapshot();
    bench.gone('web/1');
    const next = bench.token('web/1');
    backTo(bench, before);
    expect(meet(bench, fact('t1', 'web/1', over), fact(next, 'web/1'))).toEqual([]);
    expect(bench.get('web/1')).toMatchObject({
      status: 'ready',
      restarts: 1,
      row: 1,
      clearing: null,
      run: {token: next},
    });
    expect(spawns(bench)).toEqual([]);
    expect(bench.all).toContainEqual({type: 'forget', token: 't1'});
  });

  test('the keeper that knew the run before is gone, too', () => {
    const bench = new Bench(worker('web')).spawned('web/1');
    expect(meet(bench, fact('new', 'web/1'))).toEqual([]);
    expect(bench.get('web/1')).toMatchObject({status: 'ready', restarts: 1, run: {token: 'new'}});
    expect(spawns(bench)).toEqual([]);
  });

  test('a run that was asked for and never begun is no restart by itself; that it did not come is', () => {
    const bench = new Bench(worker('web')).spawned('web/1');
    const {exit} = over;
    meet(bench, fact('t1', 'web/1', over), fact('new', 'web/1', {pid: null, exit: exit!}));
    expect(bench.get('web/1')).toMatchObject({status: 'backoff', restarts: 1, clearing: 'new'});
  });

  test('in backoff the restart was counted already', () => {
    const bench = new Bench(worker('web', {backoff: {...worker('web').backoff, firstMs: 500}})).spawned('web/1');
    bench.gone('web/1');
    expect(bench.get('web/1')).toMatchObject({status: 'backoff', restarts: 1});
    meet(bench, fact('new', 'web/1'));
    expect(bench.get('web/1')).toMatchObject({status: 'ready', restarts: 1, backoff: null});
    expect(bench.pass(1000).count('spawn')).toBe(0);
  });

  test('a run beside one that lives is a stray', () => {
    const bench = new Bench(worker('web')).spawned('web/1');
    expect(meet(bench, fact('t1', 'web/1'), fact('new', 'web/1'))).toEqual(['new']);
    expect(bench.get('web/1').run?.token).toBe('t1');
  });
});

test('what is known changes nothing; what the keeper has forgotten has ended, nobody knows how', () => {
  const bench = new Bench(worker('a'), worker('b', {restart: 'never'})).spawned('a/1').spawned('b/1');
  expect(meet(bench, fact('t1', 'a/1'))).toEqual([]);
  expect(bench.get('a/1')).toMatchObject({status: 'ready', restarts: 0});
  expect(bench.get('b/1')).toMatchObject({status: 'failed', exit: {code: null, signal: null, reason: 'unknown'}});
});
