/** Hooks: the events they receive, their order, and that nothing waits for them. */
import type {EventRecord} from '../../src/journal/record.ts';
import {expect, test} from 'vitest';
import {TestFleet, until} from './harness.ts';
import {commandLine} from './processes.ts';
import {using} from './wrapped.ts';

const TELL = '#!/bin/sh\necho "$BROOD_HOOK $BROOD_WORKER $MINE $(pwd) $BROOD_EVENT" >> told\n';
const quick = {first: '0s', initial: '10ms', max: '50ms'};

/** Returns the calls of `tell.sh`, in order. */
function told(fleet: TestFleet): {hook: string; worker: string; mine: string; folder: string; event: EventRecord}[] {
  const lines = fleet.read('told').split('\n').slice(0, -1);
  return lines.map(line => {
    const [hook = '', worker = '', mine = '', folder = '', ...event] = line.split(' ');
    return {hook, worker, mine, folder, event: JSON.parse(event.join(' ')) as EventRecord};
  });
}

test('each hook receives the record of the journal, in order, up to the last one at down; a failed hook is an event', async () => {
  const names = ['start', 'ready', 'exit', 'backoff', 'unhealthy', 'finished', 'failed', 'stopped'];
  const hooks = Object.fromEntries(names.map(name => [name, './tell.sh']));
  const workers = {
    fails: {
      sh: 'exit 3',
      cwd: 'sub',
      env: {MINE: 'mine'},
      backoff: quick,
      give_up: {restarts: 1, within: '1m'},
      hooks,
    },
    bad: {
      sh: 'exit 0',
      restart: 'on-failure',
      hooks: {
        start: ['sh', '-c', 'echo first >&2; echo oh >&2; exit 4'],
        exit: 'no-such-program-anywhere',
        finished: './tell.sh',
      },
    },
    ill: {run: 'sleep 1000', restart: 'never', health: {exec: ['false'], every: '50ms', failures: 1}, hooks},
    stays: {run: 'sleep 1000', hooks: {stopped: ['sh', '-c', 'sleep 0.3; exec ./tell.sh']}},
  };
  await using(new TestFleet({fleet: 't', workers}, {'tell.sh': TELL, 'sub/keep': ''}), async fleet => {
    fleet.up();
    const of = (id: string): string[] => told(fleet).flatMap(({hook, worker}) => (worker === id ? [hook] : []));
    const FAILS = ['start', 'ready', 'exit', 'backoff', 'start', 'ready', 'exit', 'failed'];
    await until('all of one that gives up', () => of('fails/1').length === FAILS.length);
    expect(of('fails/1')).toEqual(FAILS);
    await until('all of one that is unhealthy', () => of('ill/1').includes('failed'));
    expect(of('ill/1')).toEqual(['start', 'ready', 'unhealthy', 'exit', 'failed']);
    await until('the one that finished', () => of('bad/1').includes('finished'));
    const journal = fleet.events();
    for (const {event} of told(fleet)) expect(journal).toContainEqual(event);
    const [first] = told(fleet).filter(({worker}) => worker === 'fails/1');
    expect(first).toMatchObject({mine: 'mine', folder: fleet.folder, event: {type: 'spawned'}});
    expect(fleet.events('hook-failed')).toMatchObject([
      {worker: 'bad', instance: 1, hook: 'start', message: 'exit code 4: oh'},
      {worker: 'bad', instance: 1, hook: 'exit', message: expect.stringMatching(/not found in PATH/) as string},
    ]);
    await fleet.status('stays', 'ready');
    expect(fleet.run('down').code).toBe(0);
    expect(of('stays/1')).toEqual(['stopped']);
  });
});

test('a hook that hangs does not delay restarts; later hooks follow in order, and none is called twice though the controller dies', async () => {
  const worker = {
    sh: 'sleep 0.05; exit 1',
    backoff: quick,
    give_up: {restarts: 1000, within: '1m'},
    hooks: {exit: ['sh', '-c', './tell.sh; while [ ! -e go ]; do sleep 0.02; done']},
  };
  await using(new TestFleet({fleet: 't', workers: {w: worker}}, {'tell.sh': TELL}), async fleet => {
    fleet.up();
    await until('restarts while the first hook hangs', () => fleet.worker('w').restarts >= 4);
    expect(told(fleet).length).toBe(1);
    const {controller} = fleet;
    process.kill(controller, 'SIGKILL');
    await until('a hook that the next controller calls', () => told(fleet).length >= 2);
    fleet.write('', 'go');
    await until('more of them', () => told(fleet).length >= 6);
    const seqs = told(fleet).map(({event}) => event.seq);
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
    const exits = fleet.events('exited').map(({seq}) => seq);
    expect(seqs.filter(seq => !exits.includes(seq))).toEqual([]);
  });
});

test('down --now waits for no hook, and leaves none behind', async () => {
  const hooks = {ready: ['sh', '-c', 'sleep 996 & touch hangs; exec sleep 997'], stopped: ['touch', 'never']};
  await using(new TestFleet({fleet: 't', workers: {w: {run: 'sleep 1000', hooks}}}), async fleet => {
    fleet.up();
    await until('the hook to hang', () => fleet.tagged().some(({pid}) => commandLine(pid).includes('997')));
    expect(fleet.run('down', '--now').code).toBe(0);
    expect(fleet.tagged().map(({pid}) => commandLine(pid))).toEqual([]);
    expect(fleet.events('hook-failed')).toMatchObject([{hook: 'ready', message: 'killed because the fleet is down'}]);
    expect(fleet.events('hook-dropped')).toMatchObject([{worker: 'w', count: 1}]);
  });
});
