/** The fleet's folder is removed under a living supervisor: it is restored, or the fleet ends and reports that. */
import {existsSync, lstatSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test, vi} from 'vitest';
import {TestFleet, until} from '../end-to-end/harness.ts';
import {endsClean, folderOf, removeLiving, sleeper} from '../end-to-end/losing.ts';
import {lives} from '../end-to-end/processes.ts';
import {using} from '../end-to-end/wrapped.ts';
import {goesOn, isRepaired, pidsOf, sweep} from './repairing.ts';

// The tests wait for sweeps, on a machine that may be busy.
vi.setConfig({testTimeout: 120_000});

/** Writes numbered lines from 1 on, some of which are always in transit. */
const talk = {sh: 'i=0; while :; do i=$((i + 1)); echo $i; sleep 0.01; done'};

describe('after the removal of the fleet’s folder', () => {
  test('the folder is restored in full, and after a further loss the next keeper adopts workers and their output', async () => {
    await using(new TestFleet({fleet: 't', workers: {a: {...sleeper, instances: 2}, talk}}), async fleet => {
      fleet.up('--wait');
      const folder = folderOf(fleet);
      const {pid: keeper} = fleet.ps().supervisor;
      const pids = pidsOf(fleet);
      removeLiving(folder);
      // Every command waits until the supervisor has noticed; none reports meanwhile that it is down.
      expect(fleet.run('up', '-d').code).toBe(1);
      sweep(keeper);
      await until('the fleet to answer', () => fleet.run('ps').code === 0, 30_000);
      await until('all to be there', () =>
        [
          'lock',
          'fleet.json',
          'snapshot.0',
          'snapshot.1',
          'journal.jsonl',
          'control.sock',
          'runs',
          'code/current',
        ].every(name => existsSync(join(folder, name))),
      );
      expect(statSync(folder).mode & 0o777).toBe(0o700);
      expect(pidsOf(fleet)).toEqual(pids);
      await isRepaired(fleet, keeper, 'folder', 'lock', 'records', 'code', 'snapshot');
      await goesOn(fleet, pids);
      // The output now goes through a FIFO without a name, which the next keeper has found.
      const length = (): number => fleet.run('logs', 'talk', '--raw').out.length;
      const before = length();
      await until('further lines', () => length() > before, 30_000);
      await endsClean(fleet);
    });
  });

  test('SIGTERM to the anchor at that moment ends the fleet', async () => {
    await using(new TestFleet({fleet: 't', workers: {a: sleeper}}), async fleet => {
      fleet.up('--wait');
      const {anchor} = fleet.ps().supervisor;
      removeLiving(folderOf(fleet));
      process.kill(anchor!, 'SIGTERM');
      await until('nothing to be left', () => fleet.tagged().length === 0, 30_000);
    });
  });

  test('and of all folders above it, the fleet ends, and reports that', async () => {
    const fleet = new TestFleet({fleet: 't', workers: {a: sleeper}});
    const home = fleet.path('deep', 'home');
    mkdirSync(home, {recursive: true});
    Object.assign(fleet, {home, env: {...fleet.env, BROOD_HOME: home}});
    await using(fleet, async gone => {
      gone.up('--wait');
      const {anchor, pid: keeper} = gone.ps().supervisor;
      const log = join(gone.folder, 'supervisor.log');
      // A keeper that sweeps at this moment would make a new log.
      process.kill(keeper, 'SIGSTOP');
      renameSync(join(folderOf(gone), 'supervisor.log'), log);
      removeLiving(gone.path('deep'));
      process.kill(keeper, 'SIGCONT');
      await until('the end', () => {
        if (lives(keeper)) sweep(keeper);
        return gone.tagged().length === 0 && !lives(anchor!);
      });
      expect(readFileSync(log, 'utf8')).toMatch(/can't be restored .*ending the fleet/);
    });
  });

  test('and the loss of the keeper before it has noticed, the next keeper ends what is left, and reports that', async () => {
    const strays = {sh: 'setsid sleep 1000 & exec sleep 1001'};
    await using(new TestFleet({fleet: 't', workers: {a: sleeper, strays}}), async fleet => {
      fleet.up('--wait');
      await until('its stray', () => fleet.named('sleep').length === 3);
      const {anchor, pid: keeper, controller} = fleet.ps().supervisor;
      const log = join(fleet.folder, 'supervisor.log');
      for (const pid of [keeper, controller]) process.kill(pid, 'SIGSTOP');
      renameSync(join(folderOf(fleet), 'supervisor.log'), log);
      removeLiving(folderOf(fleet));
      for (const pid of [keeper, controller]) process.kill(pid, 'SIGKILL');
      await until('the end', () => fleet.tagged().length === 0 && !lives(anchor!), 30_000);
      expect(readFileSync(log, 'utf8')).toMatch(/ending what is left of the fleet/);
    });
  });

  test('and its replacement by a file, the fleet ends', async () => {
    await using(new TestFleet({fleet: 't', workers: {a: sleeper}}), async fleet => {
      fleet.up('--wait');
      const {pid: keeper} = fleet.ps().supervisor;
      const folder = folderOf(fleet);
      renameSync(folder, fleet.path('moved'));
      writeFileSync(folder, '');
      await until('the end', () => {
        if (lives(keeper)) sweep(keeper);
        return fleet.tagged().length === 0;
      });
      expect(lstatSync(folder).isFile()).toBe(true);
    });
  });
});
