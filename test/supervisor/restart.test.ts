import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {afterShortage, decide, historyAfter, NO_HISTORY, type History} from '../../src/supervisor/instance/restart.ts';
import {newRun} from '../../src/supervisor/instance/instance.ts';
import {endedWell} from '../../src/supervisor/instance/exit.ts';
import {Bench, worker} from './harness.ts';

const middle = (): number => 0.5;
const crash = {well: false, words: 'exit code 3'};

describe('the restart policy', () => {
  test.each([
    ['always', true, 'restart'],
    ['always', false, 'restart'],
    ['on-failure', true, 'finished'],
    ['on-failure', false, 'restart'],
    ['never', true, 'finished'],
    ['never', false, 'failed'],
  ] as const)('%s, ended well: %s -> %s', (restart, well, kind) => {
    expect(decide(worker('a', {restart}), NO_HISTORY, {well, words: 'x'}, 0, middle).kind).toBe(kind);
  });

  test('delays by first, then initial, then factor times longer, up to max', () => {
    const spec = worker('a', {
      backoff: {firstMs: 0, initialMs: 100, factor: 2, maxMs: 350, jitter: 0, resetAfterMs: 10_000},
    });
    const delays: number[] = [];
    let history: History = NO_HISTORY;
    for (let i = 0; i < 5; i++) {
      const verdict = decide(spec, history, crash, 0, middle);
      if (verdict.kind !== 'restart') throw new Error('it gave up');
      delays.push(verdict.history.delayMs);
      ({history} = verdict);
    }
    expect(delays).toEqual([0, 100, 200, 350, 350]);
  });

  test('gives up at the failure that would need one restart too many in a row', () => {
    const bench = new Bench(worker('web', {giveUp: {restarts: 4, withinMs: 60_000}}));
    for (let i = 0; i < 5; i++) bench.spawned('web/1').gone('web/1', 3).pass(1000);
    expect(bench.count('spawn')).toBe(5);
    expect(bench.get('web/1')).toMatchObject({
      status: 'failed',
      restarts: 4,
      reason: 'gave up after 4 restarts in a row; last: exit code 3',
    });
  });

  test('gives up at too many restarts within the time, even if each run lasted', () => {
    const spec = worker('web', {
      giveUp: {restarts: 2, withinMs: 60_000},
      backoff: {...worker('x').backoff, resetAfterMs: 1000},
    });
    const bench = new Bench(spec);
    for (let i = 0; i < 3; i++) bench.spawned('web/1').pass(2000).gone('web/1', 3);
    expect(bench.get('web/1').reason).toBe('gave up after 2 restarts within 1m; last: exit code 3');
  });

  test('counts one restart for one crash and one respawn', () => {
    const bench = new Bench(worker('web')).spawned('web/1').gone('web/1').spawned('web/1');
    expect(bench.get('web/1')).toMatchObject({status: 'ready', restarts: 1, row: 1});
  });

  test('starts a new row after a run that lasted', () => {
    const bench = new Bench(worker('web')).spawned('web/1').gone('web/1').spawned('web/1').pass(10_000);
    expect(bench.gone('web/1').get('web/1')).toMatchObject({row: 1, restarts: 2, status: 'starting'});
  });

  test('never gives up for lack of processes, but retries at increasing intervals', () => {
    const bench = new Bench(worker('web', {restart: 'never', giveUp: {restarts: 0, withinMs: 60_000}}));
    const delays: number[] = [];
    for (let i = 0; i < 12; i++) {
      bench.spawnFailed('web/1', true);
      delays.push(bench.get('web/1').backoff?.delayMs ?? -1);
      bench.pass(30_000);
    }
    expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000, 30_000]);
    expect(bench.get('web/1')).toMatchObject({status: 'starting', restarts: 0, row: 0});
  });

  test('counts a missing program as a failure', () => {
    const bench = new Bench(worker('web', {restart: 'never'})).spawnFailed('web/1');
    expect(bench.get('web/1')).toMatchObject({
      status: 'failed',
      reason: 'ENOENT: /bin/x',
      exit: {reason: 'spawn-failed'},
      run: null,
      clearing: null,
    });
  });

  test('restarts after an unknown exit, unless never', () => {
    const statuses = (['always', 'on-failure', 'never'] as const).map(restart =>
      new Bench(worker('web', {restart})).spawned('web/1').exited('web/1', null).status('web/1'),
    );
    expect(statuses).toEqual(['backoff', 'backoff', 'failed']);
  });

  test('never shortens a delay within a row, and never exceeds the configured maximum', () => {
    const ms = fc.integer({min: 0, max: 60_000});
    const backoff = fc.record({
      firstMs: ms,
      initialMs: ms,
      factor: fc.double({min: 1, max: 10, noNaN: true}),
      maxMs: ms,
      jitter: fc.double({min: 0, max: 1, noNaN: true}),
      resetAfterMs: fc.constant(10_000),
    });
    fc.assert(
      fc.property(
        backoff,
        fc.array(fc.tuple(fc.boolean(), fc.double({min: 0, max: 0.999, noNaN: true}))),
        (b, ends) => {
          const spec = worker('a', {backoff: b, giveUp: {restarts: 1000, withinMs: 1}});
          let history: History = NO_HISTORY;
          ends.forEach(([shortage, chance], i) => {
            const now = i * 1000;
            const verdict = shortage
              ? afterShortage(spec, history, now, () => chance)
              : decide(spec, history, crash, now, () => chance);
            if (!('until' in verdict)) throw new Error('it gave up');
            const {delayMs} = verdict.history;
            expect(delayMs).toBeGreaterThanOrEqual(history.delayMs);
            expect(delayMs).toBeLessThanOrEqual(Math.max(b.firstMs, b.initialMs, b.maxMs, 100));
            expect(Math.abs(verdict.until - now - delayMs)).toBeLessThanOrEqual(delayMs * b.jitter + 0.5);
            ({history} = verdict);
          });
        },
      ),
    );
  });
});

describe('success', () => {
  const exit = (code: number | null, signal: 'SIGTERM' | null, reason = 'exited') => ({code, signal, at: 0, reason});

  test('is determined by the list, for all exit codes', () => {
    for (let code = 0; code < 256; code++) {
      expect(endedWell(exit(code, null), [0, 7])).toBe(code === 0 || code === 7);
    }
    expect(endedWell(exit(null, 'SIGTERM'), [0])).toBe(false);
    expect(endedWell(exit(null, 'SIGTERM'), ['SIGTERM'])).toBe(true);
    expect(endedWell(exit(null, null), [0])).toBe(false);
  });

  test('is impossible for a run that never got ready', () => {
    expect(endedWell(exit(0, null, 'not-ready'), [0])).toBe(false);
  });
});

describe('a run', () => {
  test('that was never spawned does not end a row', () => {
    const history = {row: 3, recent: [], delayMs: 100};
    expect(historyAfter(newRun('t', 0), history, worker('a'), 1e9)).toBe(history);
  });
});
