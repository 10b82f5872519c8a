/**
 * The controller killed with -9 at bad moments: no worker dies, none is started twice, no exit is lost, and down leaves
 * nothing.
 */
import type {EventRecord} from '../../src/journal/record.ts';
import {existsSync} from 'node:fs';
import {describe, expect, test, vi} from 'vitest';
import {TestFleet, until} from './harness.ts';
import {endsClean, nextController, sleeper} from './losing.ts';
import {lives} from './processes.ts';
import {using} from './wrapped.ts';

// Many commands one after another: on a busy machine each takes its time.
vi.setConfig({testTimeout: 180_000});

const quick = {first: '0s', initial: '50ms', max: '100ms'};

const kill = (pid: number): void => void process.kill(pid, 'SIGKILL');

describe('the controller is killed', () => {
  test('in the middle of the start of 50 workers: 50 run, each once', async () => {
    await using(new TestFleet({fleet: 't', workers: {w: {...sleeper, instances: 50}}}), async fleet => {
      fleet.up();
      for (let round = 0; round < 3; round++) kill(await until('a controller', () => fleet.controller));
      await until('all to be ready', () => fleet.ps().workers.every(({status}) => status === 'ready'), 20_000);
      expect(fleet.named('sleep').length).toBe(50);
      expect(new Set(fleet.ps().workers.map(({pid}) => pid)).size).toBe(50);
      await endsClean(fleet);
    });
  });

  test('during a stop, a restart, a backoff and a readiness check: all of them go on', async () => {
    const workers = {
      slow: {
        sh: 'trap "while [ ! -e go ]; do sleep 0.05; done; echo bye >> bye; exit 0" TERM; touch slow-up; while :; do sleep 0.02; done',
      },
      again: {
        sh: 'trap "while [ ! -e go ]; do sleep 0.05; done; exit 0" TERM; echo $$ >> runs; while :; do sleep 0.02; done',
      },
      loop: {sh: 'echo x >> loops; exit 1', backoff: {first: '2s', initial: '2s', max: '2s', jitter: '0%'}},
      asked: {sh: 'while [ ! -e go ]; do sleep 0.02; done; echo now ready; exec sleep 1000', ready: {log: 'now ready'}},
      counted: {run: ['sleep', '1000'], ready: {exec: ['test', '-e', 'go']}},
    };
    await using(new TestFleet({fleet: 't', workers}), async fleet => {
      fleet.up();
      await fleet.ready('slow', 'again');
      await fleet.status('loop', 'backoff');
      await until('both traps', () => existsSync(fleet.path('slow-up')) && fleet.read('runs') !== '');
      const {controller, pid: keeper} = fleet.ps().supervisor;
      const stop = fleet.runAsync('stop', 'slow');
      const restart = fleet.runAsync('restart', 'again');
      await until('both to be under way', () =>
        ['slow', 'again'].every(name => fleet.worker(name).status === 'stopping'),
      );
      kill(controller);
      await nextController(fleet, controller);
      fleet.write('', 'go');
      expect((await stop).code).toBe(0);
      expect(fleet.read('bye')).toBe('bye\n');
      expect(fleet.worker('slow').status).toBe('stopped');
      await restart;
      await fleet.ready('again', 'asked', 'counted');
      expect(fleet.read('runs').trim().split('\n').length).toBe(2);
      await until('the next run of loop', () => fleet.read('loops').split('\n').length > 2);
      expect(fleet.keeper).toBe(keeper);
      expect(fleet.events('controller-lost').length).toBeGreaterThan(0);
      await endsClean(fleet);
    });
  });

  test('again and again under load: exits without a controller are noticed, and no worker is started twice', async () => {
    const once = 'exec 9> lock.$BROOD_INSTANCE; flock -n 9 || echo twice >> twice; exec sleep 1000';
    const workers = {w: {sh: once, instances: 10, backoff: quick, give_up: {restarts: 10_000, within: '1s'}}};
    await using(new TestFleet({fleet: 't', workers}), async fleet => {
      fleet.up('--wait');
      const first = fleet.ps().workers.map(({pid}) => pid!);
      for (let round = 0; round < 4; round++) {
        const {controller} = fleet.ps().supervisor;
        const victims = fleet.ps().workers.slice(round, round + 3);
        kill(controller);
        for (const {pid} of victims) if (pid !== null) kill(pid);
        await nextController(fleet, controller);
      }
      await until('all to be ready', () => fleet.ps().workers.every(({status}) => status === 'ready'));
      // A worker is ready when it is spawned, and becomes `sleep` a moment later.
      await until('ten of them', () => fleet.named('sleep').length === 10);
      expect(fleet.read('twice')).toBe('');
      // Workers that were not killed have survived all rounds.
      expect(first.slice(6).filter(pid => lives(pid)).length).toBe(4);
      await endsClean(fleet);
    });
  });
});

test('every exit is recorded once, whenever the controller is killed: in the journal each run begins and ends once', async () => {
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
      // Some workers end before the controller dies, some after; it is killed while it handles the first, each round a
      // little later.
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
