/** Deadlines and counters while the controller is killed with -9: each action happens once, and when it is due. */
import type {EventRecord} from '../../src/journal/record.ts';
import {expect, test, vi} from 'vitest';
import {TestFleet, until} from './harness.ts';
import {endsClean, HOUR, linesOf, loseController, sleeper} from './losing.ts';
import {using} from './wrapped.ts';

// Many commands one after another: on a busy machine each takes its time.
vi.setConfig({testTimeout: 180_000});

const quick = {first: '0s', initial: '20ms', max: '50ms', jitter: '0%'};

test('an action that is due while there is no controller happens once, as soon as there is one, and not before its time', async () => {
  const soon = {first: '1500ms', initial: '1500ms', max: '1500ms', jitter: '0%'};
  const twice = (name: string, first: string): string =>
    `echo x >> ${name}.runs; [ -e ${name}.once ] && exec sleep 1000; touch ${name}.once; ${first}`;
  const workers = {
    backoff: {sh: twice('backoff', 'exit 1'), backoff: soon},
    runtime: {sh: twice('runtime', 'exec sleep 1000'), max_runtime: '1500ms', backoff: quick, stop: {timeout: '1s'}},
    alarm: {sh: 'trap "echo x >> alarms" ALRM; while :; do sleep 0.02; done', alarm: '1500ms'},
    after: {...sleeper, ready: {after: '1500ms'}},
    late: {...sleeper, ready: {exec: ['false'], timeout: '1500ms'}, restart: 'never'},
  };
  await using(new TestFleet({fleet: 't', workers}), async fleet => {
    fleet.up();
    const of = (type: string, worker: string): EventRecord[] =>
      fleet.events(type).filter(event => event.worker === worker);
    await until('all to have begun', () => {
      const begun = new Set(fleet.events('spawned').map(({worker}) => worker));
      return begun.size === 5 && of('backoff', 'backoff').length > 0;
    });
    await loseController(fleet);
    await fleet.ready('backoff', 'after', 'alarm');
    await until('the alarm', () => linesOf(fleet, 'alarms') === 1);
    await fleet.status('late', 'failed');
    await until('the next run', () => linesOf(fleet, 'runtime.runs') >= 2);
    // By the clock of the journal: its events have the times at which a deadline was set and expired.
    const after = (worker: string, from: string, to: string): void => {
      const [first] = of(from, worker);
      const then = of(to, worker).find(({seq}) => seq > first!.seq);
      expect(Date.parse(then!.at) - Date.parse(first!.at), worker).toBeGreaterThan(1490);
    };
    after('backoff', 'backoff', 'spawned');
    after('runtime', 'spawned', 'exited');
    after('alarm', 'spawned', 'alarm-fired');
    after('after', 'spawned', 'ready');
    after('late', 'spawned', 'exited');
    expect(of('alarm-fired', 'alarm').length).toBe(1);
    expect(linesOf(fleet, 'alarms')).toBe(1);
    expect(of('spawned', 'backoff').length).toBe(2);
    expect(linesOf(fleet, 'backoff.runs')).toBe(2);
    expect(of('exited', 'late').length).toBe(1);
    expect(fleet.worker('backoff').restarts).toBe(1);
    expect(fleet.worker('late').exit).toMatchObject({reason: 'not-ready'});
    await endsClean(fleet);
  });
});

test('a worker gives up after as many restarts as if no controller had been lost in between', async () => {
  const poked = 'echo $$ >> runs; while [ ! -e poke.$$ ]; do sleep 0.02; done; exit 1';
  const workers = {w: {sh: poked, backoff: quick, give_up: {restarts: 3, within: HOUR}}};
  await using(new TestFleet({fleet: 't', workers}), async fleet => {
    fleet.up('--wait');
    for (let run = 1; run <= 4; run++) {
      await until(`run ${run}`, () => linesOf(fleet, 'runs') === run && fleet.worker('w').status === 'ready');
      await loseController(fleet, () => fleet.write('', `poke.${fleet.read('runs').trim().split('\n').at(-1) ?? ''}`));
    }
    const {restarts, reason} = await fleet.status('w', 'failed');
    expect(restarts).toBe(3);
    expect(reason).toMatch(/gave up after 3 restarts/);
    expect(linesOf(fleet, 'runs')).toBe(4);
    expect(fleet.events('exited').length).toBe(4);
    expect(fleet.events('gave-up').length).toBe(1);
    await endsClean(fleet);
  });
});
