/** Controller and keeper killed with -9 at bad moments: no worker dies, none is started twice, and down leaves nothing. */
import {existsSync, readFileSync, readlinkSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {TestFleet, until} from './harness.ts';
import {installation, runOf} from './installation.ts';
import {lives} from './processes.ts';
import {using} from './wrapped.ts';

const sleeper = {run: ['sleep', '1000']};
const quick = {first: '0s', initial: '50ms', max: '100ms'};

const kill = (pid: number): void => void process.kill(pid, 'SIGKILL');

/** A controller that answers, and is another one than before. */
const nextController = (fleet: TestFleet, before: number): Promise<unknown> =>
  until('the next controller', () => fleet.controller !== before, 20_000);

async function endsClean(fleet: TestFleet): Promise<void> {
  expect(fleet.run('down').code).toBe(0);
  await until('nothing to be left', () => fleet.tagged().length === 0);
}

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

  test('during a stop, a restart, in backoff and while it asks whether a worker is ready: all goes on', async () => {
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

  test('again and again under load: exits that nobody heard are noticed, and nobody is started twice', async () => {
    const once = 'exec 9> lock.$BROOD_INSTANCE; flock -n 9 || echo twice >> twice; exec sleep 1000';
    const workers = {w: {sh: once, instances: 10, backoff: quick, give_up: {restarts: 10_000, within: '1s'}}};
    await using(new TestFleet({fleet: 't', workers}), async fleet => {
      fleet.up('--wait');
      const first = fleet.ps().workers.map(({pid}) => pid!);
      for (let round = 0; round < 4; round++) {
        const {controller} = fleet.ps().supervisor;
        const victims = fleet
          .ps()
          .workers.filter(({pid}) => pid !== null)
          .slice(round, round + 3);
        kill(controller);
        for (const {pid} of victims) kill(pid!);
        await nextController(fleet, controller);
      }
      await until('all to be ready', () => fleet.ps().workers.every(({status}) => status === 'ready'));
      expect(fleet.named('sleep').length).toBe(10);
      expect(fleet.read('twice')).toBe('');
      // Those that nobody killed have lived through it all.
      expect(first.slice(6).filter(pid => lives(pid)).length).toBe(4);
      await endsClean(fleet);
    });
  });
});

describe('the keeper is killed', () => {
  test.each(['alone', 'and the controller with it', 'and again at once'])(
    '%s: workers live on, ends are noticed, commands work',
    async how => {
      const workers = {
        w: {...sleeper, instances: 5, backoff: quick},
        talk: {sh: 'i=0; while :; do i=$((i + 1)); echo $i; sleep 0.005; done'},
      };
      await using(new TestFleet({fleet: 't', workers}), async fleet => {
        fleet.up('--wait');
        const before = fleet.ps();
        const {anchor, pid: keeper, controller} = before.supervisor;
        const pids = before.workers.map(({pid}) => pid!);
        for (const signal of ['SIGSTOP', 'SIGKILL'] as const) {
          process.kill(keeper, signal);
          if (how !== 'alone') process.kill(controller, signal);
        }
        // One ends while nobody looks.
        kill(pids[0]!);
        if (how === 'and again at once')
          kill(await until('the next keeper', () => fleet.keeper !== keeper && fleet.keeper));
        await fleet.successor('w/1', pids[0]!);
        const after = fleet.ps();
        expect(after.supervisor.anchor).toBe(anchor);
        expect(after.supervisor.pid).not.toBe(keeper);
        expect(after.workers.slice(1).map(({pid}) => pid)).toEqual(pids.slice(1));
        expect(after.workers.slice(1).every(({adopted, status}) => adopted && status === 'ready')).toBe(true);
        // Who is adopted is watched as ever.
        kill(pids[1]!);
        await fleet.successor('w/2', pids[1]!);
        expect(fleet.run('restart', 'w/3').code).toBe(0);
        expect(fleet.run('stop', 'talk').code).toBe(0);
        expect(pids.slice(0, 3).filter(pid => lives(pid))).toEqual([]);
        const lines = fleet.run('logs', 'talk', '--raw').out.trimEnd().split('\n');
        expect(lines.findIndex((line, index) => line !== String(index + 1))).toBe(-1);
        await until('each once', () => fleet.named('sleep').length === 5);
        await endsClean(fleet);
      });
    },
  );

  test('all three: the workers live on, and the next up takes them back as they are', async () => {
    const file = (seconds: string): object => ({
      fleet: 't',
      workers: {w: {...sleeper, instances: 3}, s: sleeper, c: {run: ['sleep', seconds]}},
    });
    await using(new TestFleet(file('1001')), async fleet => {
      fleet.up('--wait');
      expect(fleet.run('stop', 's').code).toBe(0);
      expect(fleet.run('scale', 'w=4').code).toBe(0);
      expect(fleet.run('add', '--name', 'extra', '--', 'sleep', '1002').code).toBe(0);
      const before = fleet.ps().workers;
      fleet.killSupervisor();
      await until('nobody to answer', () => fleet.run('ps').code === 3);
      kill(before.find(({id}) => id === 'w/2')!.pid!);
      fleet.write(file('1003'));
      fleet.up('--wait');
      const after = fleet.ps().workers;
      const pidOf = (list: typeof before, id: string): number | null | undefined =>
        list.find(worker => worker.id === id)?.pid;
      for (const id of ['w/1', 'w/3', 'extra/1'])
        expect(`${id} ${pidOf(after, id) ?? ''}`).toBe(`${id} ${pidOf(before, id) ?? ''}`);
      expect(pidOf(after, 'w/2')).not.toBe(pidOf(before, 'w/2'));
      expect(fleet.worker('s').status).toBe('stopped');
      // The file was changed meanwhile: what it changes is made true, and what it describes is counted anew.
      expect(pidOf(after, 'c/1')).not.toBe(pidOf(before, 'c/1'));
      expect(fleet.named('sleep').length).toBe(after.filter(({pid}) => pid !== null).length);
      await endsClean(fleet);
      fleet.up('--wait');
      expect(fleet.ps().workers.map(({id, status}) => `${id} ${status}`)).toEqual([
        'w/1 ready',
        'w/2 ready',
        'w/3 ready',
        's/1 ready',
        'c/1 ready',
      ]);
    });
  });
});

test('what a worker wrote last is not lost when it ends while there is no keeper', async () => {
  const words = {
    sh: 'trap "echo the last words; exit 3" USR1; touch words-up; while :; do sleep 0.02; done',
    restart: 'never',
  };
  await using(new TestFleet({fleet: 't', workers: {words}}), async fleet => {
    fleet.up('--wait');
    await until('the trap', () => existsSync(fleet.path('words-up')));
    const {anchor, pid: keeper} = fleet.ps().supervisor;
    const {pid: worker} = fleet.worker('words');
    // Stopped, so that no keeper comes before all is over.
    process.kill(anchor!, 'SIGSTOP');
    try {
      kill(keeper);
      await until('the keeper to be gone', () => !lives(keeper));
      process.kill(worker!, 'SIGUSR1');
      await until('the worker to be gone', () => !lives(worker!));
    } finally {
      process.kill(anchor!, 'SIGCONT');
    }
    await until('the last words', () => fleet.run('logs', 'words').out.includes('the last words'));
    await endsClean(fleet);
  });
});

/** What makes a controller turn in a circle for ever, once the file `hang` is in the fleet's folder. */
const HANGS = `{
  const fs = require('node:fs');
  setInterval(() => {
    if (!fs.existsSync(process.env.HANG)) return;
    fs.unlinkSync(process.env.HANG);
    for (;;);
  }, 20);
}`;

/** A fleet with a controller that can be made to hang. */
async function hangingFleet(workers: object): Promise<TestFleet & {hang(): Promise<unknown>}> {
  const fleet = new TestFleet({fleet: 't', workers});
  const file = fleet.path('hang');
  const up = await runOf(
    fleet,
    installation(fleet, 'other', {'controller.cjs': HANGS}),
    {HANG: file},
    'up',
    '-d',
    '--wait',
  );
  expect(up.code).toBe(0);
  return Object.assign(fleet, {
    hang() {
      writeFileSync(file, '');
      return until('it to hang', () => !existsSync(file));
    },
  });
}

describe('a controller that is stopped', () => {
  test('once is continued by its keeper', async () => {
    await using(new TestFleet({fleet: 't', workers: {w: sleeper}}), async fleet => {
      fleet.up('--wait');
      const {controller} = fleet;
      process.kill(controller, 'SIGSTOP');
      await until('an answer', () => fleet.run('ps').code === 0, 20_000);
      expect(fleet.controller).toBe(controller);
    });
  });
});

describe('a controller that hangs', () => {
  test('is replaced, with a report of what was seen of it; workers are not touched', {timeout: 120_000}, async () => {
    await using(await hangingFleet({w: {...sleeper, instances: 3}}), async fleet => {
      const before = fleet.ps();
      const {controller} = before.supervisor;
      await fleet.hang();
      process.kill(before.workers[1]!.pid!, 'SIGKILL');
      await until('the controller to be gone', () => !lives(controller), 60_000);
      await fleet.successor('w/2', before.workers[1]!.pid!);
      const after = fleet.ps();
      expect(after.supervisor.pid).toBe(before.supervisor.pid);
      for (const at of [0, 2]) expect(after.workers[at]!.pid).toBe(before.workers[at]!.pid);
      const [lost] = fleet.events('controller-lost');
      expect(lost).toMatchObject({reason: 'frozen'});
      const report = JSON.parse(readFileSync(String(lost!['report']), 'utf8')) as {pid: number; threads: unknown[]};
      expect(report.pid).toBe(controller);
      expect(report.threads.length).toBeGreaterThan(0);
      await endsClean(fleet);
    });
  });

  test('and a signal to end: the keeper ends the fleet itself', {timeout: 120_000}, async () => {
    const polite = {sh: 'trap "echo bye >> bye; exit 0" TERM; touch polite-up; while :; do sleep 0.02; done'};
    await using(await hangingFleet({polite, w: sleeper}), async fleet => {
      await until('the trap', () => existsSync(fleet.path('polite-up')));
      const {anchor} = fleet.ps().supervisor;
      await fleet.hang();
      process.kill(anchor!, 'SIGTERM');
      await until('everything to be gone', () => fleet.tagged().length === 0, 60_000);
      expect(fleet.read('bye')).toBe('bye\n');
      fleet.up('--wait');
      expect(fleet.worker('polite').restarts).toBe(0);
    });
  });
});

test('a keeper that is killed while it leaves after a stop: the anchor starts one that leaves, too', async () => {
  await using(new TestFleet({fleet: 't', workers: {w: sleeper}}), async fleet => {
    fleet.up('--wait');
    const {pid: keeper, anchor} = fleet.ps().supervisor;
    const folder = readlinkSync(`/proc/${keeper}/cwd`);
    // As it is found when the keeper dies right after it has set the mark.
    symlinkSync('.', join(folder, 'stopped'));
    process.kill(fleet.worker('w').pid!, 'SIGKILL');
    await fleet.status('w', 'ready');
    const {pid: worker} = fleet.worker('w');
    fleet.run('stop', 'w');
    expect(lives(worker!)).toBe(false);
    kill(keeper);
    await until('the anchor to leave', () => !lives(anchor!), 20_000);
    await until('nothing to be left', () => fleet.tagged().length === 0);
    expect(fleet.run('ps').code).toBe(3);
    fleet.up('--wait');
    expect(fleet.worker('w')).toMatchObject({status: 'ready', restarts: 0});
  });
});
