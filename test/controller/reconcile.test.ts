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

/** A new controller with the bench's committed state meets a keeper with these runs. */
function meet(bench: Bench, ...runs: RunFact[]): string[] {
  const {inputs, strays} = reconcile(bench.core, runs, 0, () => AGE);
  bench.all.length = 0;
  for (const input of inputs) bench.say(input);
  return strays.map(({token}) => token);
}

/** Returns a controller whose snapshot is lost: it has only the fleet file. */
function fresh(...workers: WorkerSpec[]): Bench {
  const bench = new Bench();
  bench.core = createCore(fleetOf(workers), bench.options);
  return bench;
}

/** Restores a snapshot: later changes could not be recorded. */
function backTo(bench: Bench, snapshot: string): Bench {
  bench.core = restoreCore(snapshot, bench.options).core;
  return bench;
}

const spawns = (bench: Bench): unknown[] => bench.all.filter(({type}) => type === 'spawn');

describe('with a lost snapshot', () => {
  test('all living runs are adopted before any other is started', () => {
    const bench = fresh(worker('web', {instances: 2}), worker('db'));
    expect(meet(bench, fact('a', 'web/1'), fact('b', 'db/1', {pid: 4712}))).toEqual([]);
    expect(bench.get('web/1')).toMatchObject({status: 'ready', restarts: 0, run: {token: 'a', pid: 4711}});
    expect(bench.get('db/1')).toMatchObject({status: 'ready', restarts: 0, run: {token: 'b', adopted: true}});
    expect(spawns(bench)).toEqual([{type: 'spawn', token: 't1', id: 'web/2'}]);
  });

  test('a worker with a readiness probe is probed anew, and not blamed: its readiness may have been seen before', () => {
    const ready = {kind: 'tcp', host: 'h', port: 1, timeoutMs: 1000} as const;
    const bench = fresh(worker('web', {ready}));
    meet(bench, fact('a', 'web/1'));
    expect(bench.get('web/1')).toMatchObject({status: 'starting', unhealthy: false});
    expect(bench.count('probe')).toBe(1);
    bench.pass(1000);
    expect(bench.get('web/1')).toMatchObject({status: 'starting', unhealthy: true, run: {token: 'a', ending: null}});
    expect(bench.probeReady('web/1').status('web/1')).toBe('ready');
  });

  test('deadlines count from the start of the run', () => {
    const bench = fresh(worker('web', {maxRuntimeMs: 10_000}));
    meet(bench, fact('a', 'web/1'));
    expect(bench.get('web/1').run?.endAt).toBe(bench.mono - AGE + 10_000);
  });

  test('a run that has ended in the meantime, or has only an intent, is judged as any other', () => {
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

  test('an excess instance is ended like any other; a run of no worker, and a second run, are strays', () => {
    const bench = fresh(worker('web'));
    const runs = [fact('a', 'web/1'), fact('b', 'web/5'), fact('c', 'extra/1'), fact('d', 'web/1')];
    expect(meet(bench, ...runs)).toEqual(['c', 'd']);
    expect(bench.get('web/5')).toMatchObject({wanted: 'down', leaving: true, status: 'stopping', run: {token: 'b'}});
    expect(bench.all).toContainEqual({type: 'end', token: 'b', signal: 'SIGTERM', timeoutMs: 10_000});
    expect(bench.gone('web/5').core.get('web/5')).toBeUndefined();
  });

  test('a fleet that is going down ends the runs found', () => {
    const bench = fresh(worker('web')).say({type: 'down', now: false});
    meet(bench, fact('a', 'web/1'));
    expect(bench.get('web/1').status).toBe('stopping');
    expect(bench.gone('web/1').core.isDown).toBe(true);
  });
});

describe('with a snapshot older than the last actions', () => {
  test('a restart that could not be recorded is found and counted', () => {
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

  test('a restart is found even if the keeper that had the previous run is gone', () => {
    const bench = new Bench(worker('web')).spawned('web/1');
    expect(meet(bench, fact('new', 'web/1'))).toEqual([]);
    expect(bench.get('web/1')).toMatchObject({status: 'ready', restarts: 1, run: {token: 'new'}});
    expect(spawns(bench)).toEqual([]);
  });

  test('a run requested and never begun is no restart by itself; its failure to start is', () => {
    const bench = new Bench(worker('web')).spawned('web/1');
    const {exit} = over;
    meet(bench, fact('t1', 'web/1', over), fact('new', 'web/1', {pid: null, exit: exit!}));
    expect(bench.get('web/1')).toMatchObject({status: 'backoff', restarts: 1, clearing: 'new'});
  });

  test('a restart in backoff was counted already', () => {
    const bench = new Bench(worker('web', {backoff: {...worker('web').backoff, firstMs: 500}})).spawned('web/1');
    bench.gone('web/1');
    expect(bench.get('web/1')).toMatchObject({status: 'backoff', restarts: 1});
    meet(bench, fact('new', 'web/1'));
    expect(bench.get('web/1')).toMatchObject({status: 'ready', restarts: 1, backoff: null});
    expect(bench.pass(1000).count('spawn')).toBe(0);
  });

  test('a run beside a living one is a stray', () => {
    const bench = new Bench(worker('web')).spawned('web/1');
    expect(meet(bench, fact('t1', 'web/1'), fact('new', 'web/1'))).toEqual(['new']);
    expect(bench.get('web/1').run?.token).toBe('t1');
  });
});

test('a known run changes nothing; a run that the keeper lacks has ended for an unknown reason', () => {
  const bench = new Bench(worker('a'), worker('b', {restart: 'never'})).spawned('a/1').spawned('b/1');
  expect(meet(bench, fact('t1', 'a/1'))).toEqual([]);
  expect(bench.get('a/1')).toMatchObject({status: 'ready', restarts: 0});
  expect(bench.get('b/1')).toMatchObject({status: 'failed', exit: {code: null, signal: null, reason: 'unknown'}});
});
