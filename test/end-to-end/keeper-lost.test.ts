/** The keeper killed with -9 at bad moments: no worker dies, none is started twice, and down leaves nothing. */
import {existsSync, readlinkSync, symlinkSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {TestFleet, until} from './harness.ts';
import {endsClean, sleeper} from './losing.ts';
import {lives} from './processes.ts';
import {using} from './wrapped.ts';

const quick = {first: '0s', initial: '50ms', max: '100ms'};

const kill = (pid: number): void => void process.kill(pid, 'SIGKILL');

describe('the keeper is killed', () => {
  test.each(['alone', 'and the controller with it', 'and again at once'])(
    '%s: workers live on, exits are noticed, commands work',
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
        // One worker ends while there is no keeper.
        kill(pids[0]!);
        if (how === 'and again at once')
          kill(await until('the next keeper', () => fleet.keeper !== keeper && fleet.keeper));
        await fleet.successor('w/1', pids[0]!);
        const after = fleet.ps();
        expect(after.supervisor.anchor).toBe(anchor);
        expect(after.supervisor.pid).not.toBe(keeper);
        expect(after.workers.slice(1).map(({pid}) => pid)).toEqual(pids.slice(1));
        expect(after.workers.slice(1).every(({adopted, status}) => adopted && status === 'ready')).toBe(true);
        // An adopted worker is still watched.
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

  test('with anchor and controller: the workers live on, and the next up adopts them as they are', async () => {
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
      // The file was changed meanwhile: its changes are applied, and it determines the instance counts again.
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

test('the last output of a worker is not lost when the worker ends while there is no keeper', async () => {
  const words = {
    sh: 'trap "echo the last words; exit 3" USR1; touch words-up; while :; do sleep 0.02; done',
    restart: 'never',
  };
  await using(new TestFleet({fleet: 't', workers: {words}}), async fleet => {
    fleet.up('--wait');
    await until('the trap', () => existsSync(fleet.path('words-up')));
    const {anchor, pid: keeper} = fleet.ps().supervisor;
    const {pid: worker} = fleet.worker('words');
    // The anchor is stopped, so that no keeper starts before the worker has ended.
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

test('when a keeper is killed while it exits after a stop, the anchor starts one that exits, too', async () => {
  await using(new TestFleet({fleet: 't', workers: {w: sleeper}}), async fleet => {
    fleet.up('--wait');
    const {pid: keeper, anchor} = fleet.ps().supervisor;
    const folder = readlinkSync(`/proc/${keeper}/cwd`);
    // The folder as a keeper leaves it that dies right after setting the mark.
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
