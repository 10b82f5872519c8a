/**
 * The controller killed with -9 in every state that a fleet can be in: the next one goes on as if nothing had happened.
 * What "as if nothing" means is asked of the snapshot: the whole state must be the same, to the last deadline.
 */
import {
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
  closeSync,
} from 'node:fs';
import {createServer, type Server} from 'node:net';
import {join} from 'node:path';
import {describe, expect, test, vi} from 'vitest';
import {decodeSaved} from '../../src/controller/start.ts';
import {SnapshotFile} from '../../src/controller/snapshot-file.ts';
import type {EventRecord} from '../../src/control/messages.ts';
import {bootId} from '../../src/process/facts.ts';
import {TestFleet, until} from './harness.ts';
import {freePort} from './ports.ts';
import {lives} from './processes.ts';
import {using} from './wrapped.ts';

// Many commands one after another: on a machine that is busy each takes its time.
vi.setConfig({testTimeout: 180_000});

const sleeper = {run: ['sleep', '1000']};
const quick = {first: '0s', initial: '20ms', max: '50ms', jitter: '0%'};
const HOUR = '1h';

const folderOf = (fleet: TestFleet): string => join(fleet.home, readdirSync(fleet.home)[0] ?? '');

/** The state as it was committed last: JSON text. */
function stateOf(fleet: TestFleet): string {
  const {text} = new SnapshotFile(folderOf(fleet)).read();
  return text === null ? '' : (decodeSaved(text, bootId())?.heart ?? '');
}

/** The instances in it, as `id status`. */
function statuses(fleet: TestFleet): string[] {
  const {instances} = JSON.parse(stateOf(fleet)) as {instances: {id: string; status: string}[]};
  return instances.map(({id, status}) => `${id} ${status}`);
}

/** Kills the controller, does something while there is none, and waits for the next. */
async function lose(fleet: TestFleet, meanwhile: () => void = () => undefined): Promise<void> {
  const {controller} = fleet;
  // Stopped first, so that what is done meanwhile is done before anybody can notice.
  process.kill(controller, 'SIGSTOP');
  process.kill(controller, 'SIGKILL');
  meanwhile();
  await until('the next controller', () => fleet.controller !== controller, 20_000);
}

async function endsClean(fleet: TestFleet): Promise<void> {
  expect(fleet.run('down').code).toBe(0);
  await until('nothing to be left', () => fleet.tagged().length === 0);
}

const linesOf = (fleet: TestFleet, name: string): number => fleet.read(name).split('\n').length - 1;

/** A worker that notes its start and, when it is asked to end, waits for the file `go`. */
const slowToEnd = (name: string): object => ({
  sh: `trap "while [ ! -e go ]; do sleep 0.02; done; echo bye >> ${name}.bye; exit 0" TERM; echo $$ >> ${name}.runs; while :; do sleep 0.02; done`,
  stop: {timeout: HOUR},
});

const asked = (ready: object): object => ({...sleeper, ready: {...ready, timeout: HOUR}});

test('every state, deadline and counter is as before, and all that was under way goes on', async () => {
  const port = await freePort();
  const once = {restart: 'never'};
  const backoff = {first: HOUR, initial: HOUR, max: HOUR, jitter: '20%'};
  const workers = {
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
  };
  await using(new TestFleet({fleet: 't', workers}), async fleet => {
    let server: Server | null = null;
    try {
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
      const expected = [
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
      await until('every state', () => {
        const now = statuses(fleet);
        if (now.join() !== expected.join()) throw new Error(now.join());
        return true;
      });
      const before = stateOf(fleet);
      const events = fleet.events().map(({seq, type}) => `${seq} ${type}`);
      const {workers: reports} = fleet.ps();

      await lose(fleet);
      // It has told of itself, so it has taken in all that the keeper said.
      await until('its event', () => fleet.events('controller-lost').length === 1);
      expect(JSON.parse(stateOf(fleet))).toEqual(JSON.parse(before));
      const since = fleet.events().slice(events.length);
      expect(
        fleet
          .events()
          .slice(0, events.length)
          .map(({seq, type}) => `${seq} ${type}`),
      ).toEqual(events);
      expect(since.map(({type}) => type)).toEqual(['controller-lost']);
      expect(fleet.ps().workers.map(({id, pid, restarts}) => ({id, pid, restarts}))).toEqual(
        reports.map(({id, pid, restarts}) => ({id, pid, restarts})),
      );

      server = createServer(socket => socket.destroy()).listen(port, '127.0.0.1');
      fleet.write('', 'go');
      await fleet.ready('log', 'tcp', 'exec', 'waits', 'restart', 'scale/1');
      expect((await clients.stop).code).toBe(0);
      expect((await clients.scale).code).toBe(0);
      expect((await clients.start).code).toBe(0);
      // Asked twice it would restart twice: so that client is told, and it was done.
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
      // The row that led to where it is still counts.
      expect(fleet.worker('flaky').restarts).toBe(2);
      await endsClean(fleet);
    } finally {
      server?.close();
    }
  });
});

test('what is due while there is no controller happens once, as soon as there is one, and not before its time', async () => {
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
    await lose(fleet);
    await fleet.ready('backoff', 'after', 'alarm');
    await until('the alarm', () => linesOf(fleet, 'alarms') === 1);
    await fleet.status('late', 'failed');
    await until('the next run', () => linesOf(fleet, 'runtime.runs') >= 2);
    // By the clock of the journal: its lines have the time at which a deadline was set, or was over.
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

test('an apply that is half done is done to the end, and its client hears so', async () => {
  const file = (edited: boolean): object => ({
    fleet: 't',
    workers: {
      same: sleeper,
      changed: {...slowToEnd('changed'), ...(edited ? {env: {EDITED: '1'}} : {})},
      ...(edited ? {fresh: {...sleeper, after: ['changed']}} : {old: slowToEnd('old')}),
      soft: {...sleeper, ...(edited ? {stop: {timeout: '3s'}} : {})},
    },
  });
  await using(new TestFleet(file(false)), async fleet => {
    fleet.up('--wait');
    await until('the traps', () => linesOf(fleet, 'changed.runs') + linesOf(fleet, 'old.runs') === 2);
    const before = fleet.ps().workers;
    fleet.write(file(true));
    const apply = fleet.runAsync('apply');
    await until('both ends to be under way', () =>
      ['changed/1 stopping', 'old/1 stopping'].every(one => statuses(fleet).includes(one)),
    );
    const state = stateOf(fleet);
    await lose(fleet);
    await until('its event', () => fleet.events('controller-lost').length === 1);
    expect(JSON.parse(stateOf(fleet))).toEqual(JSON.parse(state));
    fleet.write('', 'go');
    expect((await apply).code).toBe(0);
    const after = fleet.ps().workers;
    expect(after.map(({id, status}) => `${id} ${status}`)).toEqual([
      'same/1 ready',
      'changed/1 ready',
      'fresh/1 ready',
      'soft/1 ready',
    ]);
    for (const id of ['same/1', 'soft/1']) {
      const pidOf = (list: typeof after): unknown => list.find(worker => worker.id === id)?.pid;
      expect(pidOf(after)).toBe(pidOf(before));
    }
    expect([linesOf(fleet, 'changed.runs'), linesOf(fleet, 'old.runs')]).toEqual([2, 1]);
    await endsClean(fleet);
  });
});

test('up --wait and down are not shaken by it', async () => {
  const workers = {
    w: {...sleeper, instances: 3, ready: {exec: ['test', '-e', 'up'], timeout: HOUR}},
    end: slowToEnd('end'),
  };
  await using(new TestFleet({fleet: 't', workers}), async fleet => {
    const up = fleet.runAsync('up', '-d', '--wait');
    await until('all to be asked', () => statuses(fleet).filter(one => one.endsWith(' starting')).length === 3);
    await until('the trap', () => linesOf(fleet, 'end.runs') === 1);
    await lose(fleet);
    fleet.write('', 'up');
    expect((await up).code).toBe(0);
    const down = fleet.runAsync('down');
    await until('the end to be under way', () => statuses(fleet).includes('end/1 stopping'));
    await lose(fleet);
    fleet.write('', 'go');
    expect((await down).code).toBe(0);
    await until('nothing to be left', () => fleet.tagged().length === 0);
    expect([linesOf(fleet, 'end.runs'), linesOf(fleet, 'end.bye')]).toEqual([1, 1]);
  });
});

test('it gives up after as many restarts as if no controller had been lost in between', async () => {
  const poked = 'echo $$ >> runs; while [ ! -e poke.$$ ]; do sleep 0.02; done; exit 1';
  const workers = {w: {sh: poked, backoff: quick, give_up: {restarts: 3, within: HOUR}}};
  await using(new TestFleet({fleet: 't', workers}), async fleet => {
    fleet.up('--wait');
    for (let run = 1; run <= 4; run++) {
      await until(`run ${run}`, () => linesOf(fleet, 'runs') === run && fleet.worker('w').status === 'ready');
      await lose(fleet, () => fleet.write('', `poke.${fleet.read('runs').trim().split('\n').at(-1) ?? ''}`));
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

test('every exit arrives once, whenever it is killed: in the journal each run begins and ends once', async () => {
  const workers = {
    w: {
      sh: 'echo $$ >> runs; echo noted; exec sleep 1000',
      ready: {log: 'noted'},
      instances: 6,
      backoff: quick,
      give_up: {restarts: 1000, within: '1s'},
    },
  };
  await using(new TestFleet({fleet: 't', workers}), async fleet => {
    fleet.up('--wait');
    const once = (events: readonly EventRecord[]): number[] => {
      const pids = events.map(({pid}) => pid ?? 0);
      expect(new Set(pids).size).toBe(pids.length);
      return pids.sort((a, b) => a - b);
    };
    for (let round = 0; round < 5; round++) {
      const {controller} = fleet.ps().supervisor;
      const pids = fleet.ps().workers.map(({pid}) => pid);
      // Some end before it dies, some after; it is killed while it is busy with the first, each time a little further on.
      for (const pid of pids.slice(0, 3)) if (pid !== null) process.kill(pid, 'SIGKILL');
      await new Promise(resolve => setTimeout(resolve, round * 3));
      process.kill(controller, 'SIGKILL');
      for (const pid of pids.slice(3)) if (pid !== null) process.kill(pid, 'SIGKILL');
      await until('all to be others', () =>
        fleet.ps().workers.every(({pid, status}) => status === 'ready' && pid !== null && !pids.includes(pid)),
      );
    }
    const begun = fleet
      .read('runs')
      .trim()
      .split('\n')
      .map(Number)
      .sort((a, b) => a - b);
    await until('the last lines', () => fleet.events('spawned').length === begun.length);
    expect(once(fleet.events('spawned'))).toEqual(begun);
    expect(once(fleet.events('exited'))).toEqual(begun.filter(pid => !lives(pid)));
    const seqs = fleet.events().map(({seq}) => seq);
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
    expect(fleet.ps().workers.map(({restarts}) => restarts)).toEqual([5, 5, 5, 5, 5, 5]);
    await endsClean(fleet);
  });
});

test('one that was frozen while its keeper was lost is woken up, leaves, and changes nothing of what was done since', async () => {
  await using(new TestFleet({fleet: 't', workers: {w: {...sleeper, instances: 3}}}), async fleet => {
    fleet.up('--wait');
    const {controller, pid: keeper} = fleet.ps().supervisor;
    process.kill(controller, 'SIGSTOP');
    process.kill(keeper, 'SIGKILL');
    await until('the next controller', () => fleet.controller !== controller, 20_000);
    expect(fleet.run('stop', 'w/1').code).toBe(0);
    expect(fleet.run('scale', 'w=2').code).toBe(0);
    const state = (): string[] => fleet.ps().workers.map(({id, pid, status}) => `${id} ${pid ?? '-'} ${status}`);
    const before = state();
    await until('it to have left', () => !lives(controller));
    await lose(fleet);
    expect(state()).toEqual(before);
    const seqs = fleet.events().map(({seq}) => seq);
    expect(seqs.every((seq, index) => index === 0 || seq > seqs[index - 1]!)).toBe(true);
    expect(fleet.events('repaired')).toEqual([]);
    await endsClean(fleet);
  });
});

/** Writes garbage over some bytes of a file. */
function damage(path: string, at: number): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, 'garbage', at);
  closeSync(fd);
}

describe('what it left on disk is damaged', () => {
  const workers = {
    w: {...sleeper, instances: 2},
    probed: {...sleeper, ready: {exec: ['test', '-e', 'go'], timeout: HOUR}},
    paused: sleeper,
    stopped: sleeper,
    end: {sh: 'echo $$ >> end.runs; exec sleep 1000', backoff: quick},
  };

  test('one half of the snapshot: nothing is lost, and it is said', async () => {
    await using(new TestFleet({fleet: 't', workers}), async fleet => {
      fleet.up();
      await fleet.ready('w/1', 'w/2', 'end');
      expect(fleet.run('stop', 'stopped').code).toBe(0);
      const pids = fleet.ps().workers.map(({pid}) => pid);
      for (const half of [0, 1]) {
        await lose(fleet, () => damage(join(folderOf(fleet), `snapshot.${half}`), 60));
        await until('the event', () => fleet.events('repaired').length === half + 1);
        expect(fleet.events('repaired').at(-1)).toMatchObject({what: 'snapshot'});
        expect(fleet.ps().workers.map(({pid}) => pid)).toEqual(pids);
      }
      expect(fleet.worker('stopped').status).toBe('stopped');
      await endsClean(fleet);
    });
  });

  test.each(['both halves', 'gone', 'of a later version'])(
    'the snapshot (%s): the fleet goes on from its file, and whoever runs is neither doubled nor restarted',
    async how => {
      await using(new TestFleet({fleet: 't', workers}), async fleet => {
        fleet.up();
        await fleet.ready('w/1', 'w/2', 'paused', 'end');
        expect(fleet.run('stop', 'stopped').code).toBe(0);
        expect(fleet.run('pause', 'paused').code).toBe(0);
        expect(fleet.run('scale', 'w=3').code).toBe(0);
        const before = fleet.ps().workers;
        const kept = before.filter(({id, pid}) => pid !== null && id !== 'w/3' && id !== 'end/1');
        const [extra, end] = ['w/3', 'end/1'].map(id => before.find(worker => worker.id === id)?.pid ?? 0);
        const folder = folderOf(fleet);
        await lose(fleet, () => {
          for (const half of [0, 1] as const) {
            const path = join(folder, `snapshot.${half}`);
            if (how === 'both halves') damage(path, 60);
            else if (how === 'gone') truncateSync(path, 0);
          }
          if (how === 'of a later version') {
            const file = new SnapshotFile(folder);
            file.write(file.read().text?.replace('"version":1', '"version":99') ?? '');
          }
          // And one ends while nobody looks.
          process.kill(end!, 'SIGKILL');
        });
        await fleet.successor('end', end!);
        const after = fleet.ps().workers;
        for (const {id, pid} of kept)
          expect(`${id} ${after.find(worker => worker.id === id)?.pid ?? ''}`).toBe(`${id} ${pid ?? ''}`);
        expect(fleet.worker('probed').status).toBe('starting');
        expect(fleet.worker('paused').flags).toContain('paused');
        // What only the snapshot knew is forgotten: the file says two copies, and that all is up.
        await until('the third copy to have ended', () => !lives(extra!));
        await fleet.ready('stopped');
        expect(fleet.ps().workers.filter(({worker}) => worker === 'w').length).toBe(2);
        expect(linesOf(fleet, 'end.runs')).toBe(2);
        if (how !== 'gone') {
          expect(fleet.events('repaired').map(({what}) => what)).toEqual(['snapshot']);
          expect(readdirSync(folder).filter(name => name.endsWith('.unreadable')).length).toBe(2);
          expect(readFileSync(join(folder, 'supervisor.log'), 'utf8')).toMatch(/repaired snapshot/);
        }
        fleet.write('', 'go');
        await fleet.ready('probed');
        // And it is recorded as ever.
        const state = fleet.ps().workers.map(({id, pid, status}) => `${id} ${pid ?? ''} ${status}`);
        await lose(fleet);
        expect(fleet.ps().workers.map(({id, pid, status}) => `${id} ${pid ?? ''} ${status}`)).toEqual(state);
        await endsClean(fleet);
      });
    },
  );

  test('the journal, torn and in the middle: both are said, the rest stays readable, numbers rise', async () => {
    await using(new TestFleet({fleet: 't', workers: {w: sleeper}}), async fleet => {
      fleet.up('--wait');
      const path = join(folderOf(fleet), 'journal.jsonl');
      await until('its lines', () => fleet.events('ready').length === 1);
      const before = fleet.events();
      await lose(fleet, () => truncateSync(path, statSync(path).size - 5));
      await until('the event', () => fleet.events('repaired').length === 1);
      await lose(fleet, () => writeFileSync(path, `garbage\n${readFileSync(path, 'utf8')}`));
      await until('the event', () => fleet.events('repaired').length === 2);
      const after = fleet.events();
      expect(after.slice(0, before.length - 1)).toEqual(before.slice(0, -1));
      expect(after.every(({seq}, index) => index === 0 || seq > after[index - 1]!.seq)).toBe(true);
      expect(after.filter(({type}) => type === 'repaired').map(({what}) => what)).toEqual(['journal', 'journal']);
      await endsClean(fleet);
    });
  });
});
