/**
 * The controller killed with -9 in every state that a fleet can be in: the next one goes on as if nothing had happened.
 * The snapshot is the criterion: the whole state must be the same, down to the last deadline.
 */
import {createServer, type Server} from 'node:net';
import {expect, test, vi} from 'vitest';
import type {EventRecord} from '../../src/journal/record.ts';
import {TestFleet, until, type Ran} from './harness.ts';
import {endsClean, HOUR, linesOf, loseController, slowToEnd, sleeper, stateOf, statuses} from './losing.ts';
import {freePort} from './ports.ts';
import {using} from './wrapped.ts';

// Many commands one after another: on a busy machine each takes its time.
vi.setConfig({testTimeout: 180_000});

const quick = {first: '0s', initial: '20ms', max: '50ms', jitter: '0%'};
const asked = (ready: object): object => ({...sleeper, ready: {...ready, timeout: HOUR}});

const once = {restart: 'never'};
const backoff = {first: HOUR, initial: HOUR, max: HOUR, jitter: '20%'};

const workersOf = (port: number): object => ({
  ready: {...sleeper, alarm: HOUR, max_runtime: HOUR},
  finished: {run: ['true'], ...once},
  failed: {run: ['false'], ...once},
  'gave-up': {run: ['false'], backoff: quick, give_up: {restarts: 2, within: HOUR}},
  'on-hand': sleeper,
  blocked: {...sleeper, requires: ['failed']},
  log: {
    sh: 'while [ ! -e go ]; do sleep 0.02; done; echo now ready; exec sleep 1000',
    ready: {log: 'now ready', timeout: HOUR},
  },
  tcp: asked({tcp: port}),
  exec: asked({exec: ['test', '-e', 'go']}),
  later: {...sleeper, ready: {after: HOUR}},
  waits: {...sleeper, after: ['log']},
  backoff: {sh: 'echo x >> backoff.runs; exit 1', backoff},
  flaky: {
    sh: 'echo x >> flaky.runs; [ $(wc -l < flaky.runs) -gt 2 ] || exit 1; exec sleep 1000',
    backoff: {...quick, reset_after: HOUR},
  },
  paused: sleeper,
  stop: slowToEnd('stop'),
  restart: slowToEnd('restart'),
  scale: {...slowToEnd('scale'), instances: 2},
});

const EVERY_STATE = [
  'ready/1 ready',
  'finished/1 finished',
  'failed/1 failed',
  'gave-up/1 failed',
  'on-hand/1 stopped',
  'blocked/1 pending',
  'log/1 starting',
  'tcp/1 starting',
  'exec/1 starting',
  'later/1 starting',
  'waits/1 pending',
  'backoff/1 backoff',
  'flaky/1 ready',
  'paused/1 ready',
  'stop/1 stopping',
  'restart/1 stopping',
  'scale/1 ready',
  'scale/2 stopping',
];

type Clients = Readonly<Record<'stop' | 'restart' | 'scale' | 'start', Promise<Ran>>>;

/** Brings the instances into all states; returns the commands that are still waiting. */
async function reachEveryState(fleet: TestFleet): Promise<Clients> {
  fleet.up();
  expect(fleet.run('stop', 'on-hand').code).toBe(0);
  await fleet.ready('ready', 'flaky', 'paused', 'stop', 'restart', 'scale/1', 'scale/2');
  await until('the traps', () => linesOf(fleet, 'stop.runs') + linesOf(fleet, 'restart.runs') === 2);
  await until('both copies', () => linesOf(fleet, 'scale.runs') === 2);
  expect(fleet.run('pause', 'paused').code).toBe(0);
  expect(fleet.run('alarm', 'paused', '3000').code).toBe(0);
  const clients = {
    stop: fleet.runAsync('stop', 'stop'),
    restart: fleet.runAsync('restart', 'restart'),
    scale: fleet.runAsync('scale', 'scale=1'),
    start: fleet.runAsync('start', 'log'),
  };
  await until('every state', () => {
    const now = statuses(fleet);
    if (now.join() !== EVERY_STATE.join()) throw new Error(now.join());
    return true;
  });
  return clients;
}

const lineOf = ({seq, type}: EventRecord): string => `${seq} ${type}`;

async function loseControllerWithoutTrace(fleet: TestFleet): Promise<void> {
  const before = stateOf(fleet);
  const events = fleet.events().map(lineOf);
  const {workers: reports} = fleet.ps();
  await loseController(fleet);
  // This event shows that the new controller has processed all facts of the keeper.
  await until('its event', () => fleet.events('controller-lost').length === 1);
  expect(JSON.parse(stateOf(fleet))).toEqual(JSON.parse(before));
  const after = fleet.events();
  expect(after.slice(0, events.length).map(lineOf)).toEqual(events);
  expect(after.slice(events.length).map(({type}) => type)).toEqual(['controller-lost']);
  expect(fleet.ps().workers.map(({id, pid, restarts}) => ({id, pid, restarts}))).toEqual(
    reports.map(({id, pid, restarts}) => ({id, pid, restarts})),
  );
}

async function everythingGoesOn(fleet: TestFleet, clients: Clients): Promise<void> {
  fleet.write('', 'go');
  await fleet.ready('log', 'tcp', 'exec', 'waits', 'restart', 'scale/1');
  expect((await clients.stop).code).toBe(0);
  expect((await clients.scale).code).toBe(0);
  expect((await clients.start).code).toBe(0);
  // A repeated request would restart the worker twice, so this client gets an error, although the restart was done.
  const told = await clients.restart;
  expect(told.code).toBe(1);
  expect(told.err).toMatch(/ended before it answered/);
  expect(fleet.worker('stop').status).toBe('stopped');
  expect(['stop', 'restart', 'scale'].map(name => linesOf(fleet, `${name}.bye`))).toEqual([1, 1, 1]);
  expect(['stop', 'restart', 'scale'].map(name => linesOf(fleet, `${name}.runs`))).toEqual([1, 2, 2]);
  expect(fleet.ps().workers.filter(({worker}) => worker === 'scale').length).toBe(1);
  expect(fleet.run('resume', 'paused').code).toBe(0);
  expect(linesOf(fleet, 'backoff.runs')).toBe(1);
  expect(linesOf(fleet, 'flaky.runs')).toBe(3);
  // The restarts before the loss still count.
  expect(fleet.worker('flaky').restarts).toBe(2);
}

test('every state, deadline and counter is as before, and all actions that were under way go on', async () => {
  const port = await freePort();
  await using(new TestFleet({fleet: 't', workers: workersOf(port)}), async fleet => {
    let server: Server | null = null;
    try {
      const clients = await reachEveryState(fleet);
      await loseControllerWithoutTrace(fleet);
      server = createServer(socket => socket.destroy()).listen(port, '127.0.0.1');
      await everythingGoesOn(fleet, clients);
      await endsClean(fleet);
    } finally {
      server?.close();
    }
  });
});
