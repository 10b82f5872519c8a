import type {JournalEvent} from '../../src/journal/events.ts';
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest';
import type {HelperProgram} from '../../src/controller/spawn/helper.ts';
import {hookOf} from '../../src/journal/record.ts';
import {Hooks} from '../../src/controller/hooks/hooks.ts';
import {workerKeys} from '../../src/fleet/schema/worker.ts';
import type {WorkerSpec} from '../../src/fleet/types.ts';
import {worker} from '../supervisor/harness.ts';

const hooks = {exit: ['./notify.sh', 'exit'], failed: ['./page.sh']};

/** Hooks whose programs end when the test ends them. */
class Calls {
  specs: WorkerSpec[];
  readonly hooks: Hooks;
  readonly notes: JournalEvent[] = [];
  /** The calls, in order: `web/1 ./notify.sh exit`. */
  readonly called: string[] = [];
  readonly helpers: HelperProgram[] = [];
  readonly #ends: ((trouble: string | null) => void)[] = [];
  #seq = 0;

  constructor(...specs: WorkerSpec[]) {
    this.specs = specs;
    this.hooks = new Hooks({
      workers: () => this.specs,
      run: ({id}, helper) => {
        this.called.push(`${id} ${helper.argv.join(' ')}`);
        this.helpers.push(helper);
        return new Promise(resolve => this.#ends.push(resolve));
      },
      note: event => void this.notes.push(event),
    });
  }

  exited(name = 'web', instance = 1): this {
    return this.heard('exited', {worker: name, instance, code: 3});
  }

  heard(type: string, fields: Record<string, unknown> = {}): this {
    this.hooks.heard({seq: ++this.#seq, at: '2026-01-01T00:00:00.000Z', type, ...fields});
    return this;
  }

  /** Ends the earliest call that is still running. */
  async end(trouble: string | null = null): Promise<this> {
    this.#ends.shift()?.(trouble);
    await vi.advanceTimersByTimeAsync(0);
    return this;
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('hooks', () => {
  test('are called with the record, a timeout and the instance concerned', () => {
    const calls = new Calls(worker('web', {hooks, instances: 2})).exited('web', 2);
    expect(calls.called).toEqual(['web/2 ./notify.sh exit']);
    const [{timeoutMs, env}] = calls.helpers as [HelperProgram];
    expect(timeoutMs).toBe(30_000);
    expect(env?.['BROOD_HOOK']).toBe('exit');
    expect(JSON.parse(env?.['BROOD_EVENT'] ?? '')).toEqual({
      seq: 1,
      at: '2026-01-01T00:00:00.000Z',
      type: 'exited',
      worker: 'web',
      instance: 2,
      code: 3,
    });
  });

  test('run one at a time per worker, in order, and in parallel with those of other workers', async () => {
    const calls = new Calls(worker('web', {hooks, instances: 2}), worker('db', {hooks}));
    calls.exited('web', 1).exited('web', 2).exited('db');
    calls.heard('status-changed', {worker: 'web', instance: 1, from: 'ready', to: 'failed'});
    expect(calls.called).toEqual(['web/1 ./notify.sh exit', 'db/1 ./notify.sh exit']);
    await calls.end();
    await calls.end();
    expect(calls.called.slice(2)).toEqual(['web/2 ./notify.sh exit']);
    await calls.end();
    expect(calls.called.slice(3)).toEqual(['web/1 ./page.sh']);
  });

  test('that fail are an event, and the next one is called', async () => {
    const calls = new Calls(worker('web', {hooks})).exited().exited();
    await calls.end('exit code 4: oh');
    expect(calls.notes).toEqual([
      {type: 'hook-failed', worker: 'web', instance: 1, hook: 'exit', message: 'exit code 4: oh', event: 1},
    ]);
    expect(calls.called.length).toBe(2);
  });

  test('are queued, a hundred at most', async () => {
    const calls = new Calls(worker('web', {hooks}));
    for (let i = 0; i < 104; i++) calls.exited();
    for (let i = 0; i < 104; i++) await calls.end();
    expect(calls.called.length).toBe(101);
    expect(calls.notes).toEqual([{type: 'hook-dropped', worker: 'web', count: 3}]);
    calls.exited();
    expect(calls.called.length).toBe(102);
  });

  test('are those of the current definition, or the last definition of a removed worker', () => {
    const calls = new Calls(worker('web', {hooks}), worker('old', {hooks: {stopped: ['./bye.sh']}}));
    calls.specs = [worker('web', {hooks: {exit: ['./other.sh']}})];
    calls
      .heard('status-changed', {worker: 'old', instance: 1, from: 'stopping', to: 'stopped', reason: null})
      .heard('plan-applied')
      .exited();
    expect(calls.called).toEqual(['old/1 ./bye.sh', 'web/1 ./other.sh']);
  });

  test('are called neither for unlisted events nor for events of the fleet', () => {
    const calls = new Calls(worker('web', {hooks}), worker('plain'));
    calls.heard('spawned', {worker: 'web', instance: 1}).exited('plain').exited('gone').heard('supervisor-stopping');
    calls.heard('status-changed', {worker: 'web', instance: 1, from: 'starting', to: 'ready', reason: null});
    expect(calls.called).toEqual([]);
  });

  test.each([
    ['spawned', undefined, 'start'],
    ['ready', undefined, 'ready'],
    ['exited', undefined, 'exit'],
    ['health-failed', undefined, 'unhealthy'],
    ['run-failed', undefined, 'failed'],
    ['status-changed', 'backoff', 'backoff'],
    ['status-changed', 'finished', 'finished'],
    ['status-changed', 'failed', 'failed'],
    ['status-changed', 'stopped', 'stopped'],
    ['status-changed', 'starting', null],
    ['hook-failed', undefined, null],
  ])('map %s %s to %s', (type, to, hook) => {
    expect(hookOf({type, worker: 'web', instance: 1, from: 'ready', to, reason: null})).toBe(hook);
    const {section} = workerKeys.hooks.check;
    if (hook !== null) expect(Object.keys(section?.keys ?? {})).toContain(hook);
  });
});

describe('the end of the fleet', () => {
  test('queued hooks are called, and only then all is quiet', async () => {
    const calls = new Calls(worker('web', {hooks})).exited().exited();
    let quiet = false;
    void calls.hooks.quiet(10_000).then(() => (quiet = true));
    await calls.end();
    expect(quiet).toBe(false);
    await calls.end();
    expect(quiet).toBe(true);
    expect(calls.hooks.end('kill')).toEqual([]);
  });

  test('a hook that takes too long is killed, queued ones are dropped, and both are reported', async () => {
    const calls = new Calls(worker('web', {hooks})).exited().exited().exited();
    let quiet = false;
    void calls.hooks.quiet(10_000).then(() => (quiet = true));
    await vi.advanceTimersByTimeAsync(9_999);
    expect(quiet).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(quiet).toBe(true);
    expect(calls.hooks.end('kill')).toMatchObject([
      {type: 'hook-failed', hook: 'exit', event: 1, message: 'killed because the fleet is down'},
      {type: 'hook-dropped', worker: 'web', count: 2},
    ]);
    expect(calls.helpers[0]?.signal.aborted).toBe(true);
    await calls.end('killed by SIGKILL');
    expect(calls.exited().called.length).toBe(1);
    expect(calls.notes).toEqual([]);
  });

  test('hooks are not waited for when all is to end at once, even if that is requested later', async () => {
    const calls = new Calls(worker('web', {hooks})).exited();
    let quiet = 0;
    void calls.hooks.quiet(10_000).then(() => quiet++);
    calls.heard('supervisor-stopping', {now: false});
    await vi.advanceTimersByTimeAsync(0);
    expect(quiet).toBe(0);
    calls.heard('supervisor-stopping', {now: true});
    void calls.hooks.quiet(10_000).then(() => quiet++);
    await vi.advanceTimersByTimeAsync(0);
    expect(quiet).toBe(2);
  });

  test('a running hook is left alone when another controller takes over', () => {
    const calls = new Calls(worker('web', {hooks})).exited().exited();
    expect(calls.hooks.end('leave')).toEqual([{type: 'hook-dropped', worker: 'web', count: 1}]);
    expect(calls.helpers[0]?.signal.aborted).toBe(false);
  });
});
