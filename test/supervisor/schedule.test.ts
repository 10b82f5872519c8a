import {describe, expect, test} from 'vitest';
import type {WorkerSpec} from '../../src/fleet/types.ts';
import {Bench, worker} from './harness.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Returns a worker that runs every five minutes, two minutes before its next run. */
function bench(overrides: Partial<WorkerSpec> = {}): Bench {
  const made = new Bench(worker('job', {schedule: '*/5 * * * *', ...overrides}));
  made.ahead = 1000 * HOUR + 3 * MINUTE - made.mono;
  made.say({type: 'tick'}).all.length = 0;
  return made;
}

const untilNext = (of: Bench): Bench => of.pass((of.get('job/1').nextRunAt ?? 0) - of.ahead - of.mono);
const run = (of: Bench): Bench => untilNext(of).spawned('job/1');
const skipped = (of: Bench): unknown[] =>
  of.all.flatMap(effect =>
    effect.type === 'journal' && effect.event.type === 'schedule-skipped' ? [effect.event['reason']] : [],
  );

describe('a worker with a schedule', () => {
  test('waits for its time, which is its reason', () => {
    const of = bench().pass(2 * MINUTE - 1);
    expect(of.status('job/1')).toBe('pending');
    expect(of.get('job/1').reason).toBe('next run at 60005 min');
    expect(of.pass(1).status('job/1')).toBe('starting');
  });

  test.each(['always', 'on-failure', 'never'] as const)('waits again after success (%s)', restart => {
    const of = run(bench({restart})).gone('job/1', 0);
    expect(of.status('job/1')).toBe('pending');
    expect(untilNext(of).status('job/1')).toBe('starting');
  });

  test('is restarted after a failure, then waits, with a clean slate', () => {
    const of = run(bench({giveUp: {restarts: 1, withinMs: 30_000}})).gone('job/1');
    expect(of.status('job/1')).toBe('starting');
    of.spawned('job/1').gone('job/1');
    expect(of.status('job/1')).toBe('pending');
    expect(of.all.some(effect => effect.type === 'journal' && effect.event.type === 'gave-up')).toBe(true);
    expect(run(of).get('job/1').row).toBe(0);
  });

  test('waits after a failure if it is never restarted, and reports it', () => {
    const of = run(bench({restart: 'never'})).exited('job/1', 3);
    expect(of.status('job/1')).toBe('pending');
    expect(of.journal()).toContain('run-failed');
  });

  test('does not begin while the previous run goes on', () => {
    const of = run(bench()).pass(5 * MINUTE);
    expect(of.status('job/1')).toBe('ready');
    expect(skipped(of)).toEqual(['the previous run has not ended']);
    of.pass(MINUTE).gone('job/1', 0);
    expect(of.pass(MINUTE).status('job/1')).toBe('pending');
    expect(untilNext(of).status('job/1')).toBe('starting');
  });

  test.each([
    ['a second late', 1000, 'starting'],
    ['within its minute', MINUTE - 1, 'starting'],
    ['after its minute', MINUTE, 'pending'],
    ['hours late', 7 * HOUR, 'pending'],
  ])('runs only within its minute: %s', (_name, ms, status) => {
    const of = bench().pass(2 * MINUTE + ms);
    expect(of.status('job/1')).toBe(status);
    expect(skipped(of).length).toBe(status === 'pending' ? 1 : 0);
  });

  test('misses its time while the machine is suspended, and runs at the next one', () => {
    const of = bench();
    of.ahead += 8 * HOUR + MINUTE;
    expect(of.pass(5000).status('job/1')).toBe('pending');
    expect(untilNext(of).status('job/1')).toBe('starting');
  });

  test('is not run twice for the same minute if the clock is set back', () => {
    const of = run(bench()).gone('job/1', 0);
    of.ahead -= HOUR;
    of.say({type: 'tick'});
    expect(of.pass(59 * MINUTE + 30_000).status('job/1')).toBe('pending');
    expect(of.count('spawn')).toBe(1);
    expect(untilNext(of).count('spawn')).toBe(2);
  });

  test('does not wait for days if the clock was wrong by days', () => {
    const of = run(bench()).gone('job/1', 0);
    of.ahead -= 48 * HOUR;
    of.say({type: 'tick'});
    expect(of.pass(5 * MINUTE).status('job/1')).toBe('starting');
  });

  test('runs at times that were skipped by a clock set forward and back', () => {
    const of = bench();
    of.ahead += 2 * HOUR;
    of.pass(5000);
    of.ahead -= 2 * HOUR;
    of.pass(5000);
    expect(untilNext(of).status('job/1')).toBe('starting');
    expect(of.mono).toBe(1000 + 2 * MINUTE);
  });

  test('runs at once if started by hand, and also at its time', () => {
    const of = bench().start('job/1');
    expect(of.status('job/1')).toBe('starting');
    of.spawned('job/1').gone('job/1', 0);
    expect(untilNext(of).status('job/1')).toBe('starting');
  });

  test('stays down if it is stopped', () => {
    const of = bench().stop('job/1');
    expect(of.get('job/1').nextRunAt).toBeNull();
    expect(of.pass(HOUR).status('job/1')).toBe('stopped');
  });

  test('runs at once if it is restarted', () => {
    expect(bench().restart('job/1').status('job/1')).toBe('starting');
    expect(run(bench()).restart('job/1').gone('job/1', 0).status('job/1')).toBe('starting');
  });

  test('waits for its dependencies at its time', () => {
    const made = new Bench(
      worker('db', {ready: {kind: 'log', text: 'up', timeoutMs: HOUR}}),
      worker('job', {schedule: '*/5 * * * *', after: ['db']}),
    );
    untilNext(made.spawned('db/1'));
    expect(made.get('job/1').reason).toBe('waits for db, which is starting');
    expect(made.probeReady('db/1').status('job/1')).toBe('starting');
  });

  test('keeps its schedule after a controller was lost', () => {
    const of = bench().lose();
    expect(of.say({type: 'tick'}).status('job/1')).toBe('pending');
    expect(untilNext(of).status('job/1')).toBe('starting');
    expect(run(bench()).lose().say({type: 'tick'}).status('job/1')).toBe('ready');
  });

  test('adopts a new schedule at once, while a current run goes on', () => {
    const hourly = worker('job', {schedule: '*/60 * * * *'});
    const of = run(bench()).configure(hourly);
    expect(of.status('job/1')).toBe('ready');
    expect(of.get('job/1').nextRunAt).toBe(1001 * HOUR);
    of.gone('job/1', 0).configure(worker('job'));
    expect(of.status('job/1')).toBe('starting');
    of.spawned('job/1').configure(hourly).gone('job/1', null);
    expect(of.status('job/1')).toBe('pending');
  });
});
