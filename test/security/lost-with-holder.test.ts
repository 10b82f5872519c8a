/** A part of the fleet's folder is lost together with the process that held it: the successor goes on without it. */
import {existsSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test, vi} from 'vitest';
import {TestFleet, until} from '../end-to-end/harness.ts';
import {endsClean, folderOf, removeLiving, sleeper} from '../end-to-end/losing.ts';
import {commandLine, lives} from '../end-to-end/processes.ts';
import {using} from '../end-to-end/wrapped.ts';
import {goesOn, isRepaired, pidsOf, repaired} from './repairing.ts';

// The tests wait for sweeps, on a machine that may be busy.
vi.setConfig({testTimeout: 120_000});

describe('when the programs are removed, and then the keeper that holds them is lost', () => {
  test.each([
    ['the copy', (folder: string) => removeLiving(join(folder, 'code'))],
    ['the link to it', (folder: string) => rmSync(join(folder, 'code', 'current'))],
    [
      'the link to it, which leads elsewhere now',
      (folder: string) => {
        rmSync(join(folder, 'code', 'current'));
        symlinkSync('deadbeef00000000', join(folder, 'code', 'current'));
      },
    ],
  ])(
    '%s: the next keeper restores it from the installation, with an event, and all workers run on',
    async (_what, damage) => {
      await using(new TestFleet({fleet: 't', workers: {a: sleeper, b: sleeper}}), async fleet => {
        fleet.up('--wait');
        const pids = pidsOf(fleet);
        const {keeper} = fleet;
        // A keeper that sweeps at this moment would repair the damage itself.
        process.kill(keeper, 'SIGSTOP');
        damage(folderOf(fleet));
        process.kill(keeper, 'SIGKILL');
        await until(
          'a copy that is current',
          () => existsSync(join(folderOf(fleet), 'code', 'current', 'keeper.cjs')),
          30_000,
        );
        await until('an event', () => repaired(fleet).includes('code'), 30_000);
        expect(pidsOf(fleet)).toEqual(pids);
        await goesOn(fleet, pids);
        const running = commandLine(fleet.keeper).find(word => word.endsWith('keeper.cjs'));
        expect(running).toContain(join(folderOf(fleet), 'code'));
        expect(fleet.events('upgraded')).toEqual([]);
      });
    },
  );

  test('damage that a keeper finds when it comes up is an event as well', async () => {
    await using(new TestFleet({fleet: 't', workers: {a: sleeper}}), async fleet => {
      fleet.up('--wait');
      const {keeper} = fleet;
      process.kill(keeper, 'SIGSTOP');
      truncateSync(join(folderOf(fleet), 'code', 'current', 'controller.cjs'), 1_000);
      process.kill(keeper, 'SIGKILL');
      await until('an event', () => repaired(fleet).includes('code'), 30_000);
    });
  });
});

describe('when state of the fleet is removed, and then its holder is lost', () => {
  test('no worker runs twice after the loss of records and keeper: remains of the runs are ended before their successors start', async () => {
    const workers = {
      a: {...sleeper, instances: 2},
      // Detects that two of its processes run at once.
      b: {
        sh: 'mkdir only || { echo beside another > twice; exit 1; }; trap "rmdir only; exit" TERM; while :; do sleep 0.05; done',
      },
    };
    await using(new TestFleet({fleet: 't', workers}), async fleet => {
      fleet.up('--wait');
      const before = fleet.ps().workers;
      const {keeper} = fleet;
      process.kill(keeper, 'SIGSTOP');
      removeLiving(join(folderOf(fleet), 'runs'));
      process.kill(keeper, 'SIGKILL');
      for (const {id, pid} of before) await fleet.successor(id, pid!, 30_000);
      expect(before.filter(({pid}) => lives(pid!))).toEqual([]);
      expect(fleet.read('twice')).toBe('');
      await until('an event', () => repaired(fleet).includes('records'));
      await endsClean(fleet);
    });
  });

  test('the next keeper without orphanage.json can not know whether programs were run for workers, and assumes that', async () => {
    await using(new TestFleet({fleet: 't', workers: {a: sleeper}}), async fleet => {
      fleet.up('--wait');
      const path = join(folderOf(fleet), 'orphanage.json');
      expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({helpers: false});
      const {keeper} = fleet;
      process.kill(keeper, 'SIGSTOP');
      rmSync(path);
      process.kill(keeper, 'SIGKILL');
      await until('the next keeper', () => fleet.keeper !== keeper, 30_000);
      await isRepaired(fleet, fleet.keeper, 'orphanage.json');
      expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({helpers: true});
    });
  });

  test.each([
    ['removed', (path: string) => rmSync(path)],
    ['cut short', (path: string) => truncateSync(path, 20)],
    ['something else', (path: string) => writeFileSync(path, '[1, 2]')],
  ])('controller and keeper go on from the state when fleet.json is %s, and restore it', async (_how, damage) => {
    for (const parts of [['controller'], ['pid', 'controller']] as const) {
      await using(new TestFleet({fleet: 't', workers: {a: sleeper}}), async fleet => {
        fleet.up('--wait');
        const path = join(folderOf(fleet), 'fleet.json');
        const text = readFileSync(path, 'utf8');
        const pids = pidsOf(fleet);
        const {supervisor} = fleet.ps();
        for (const part of parts) process.kill(supervisor[part], 'SIGSTOP');
        damage(path);
        for (const part of parts) process.kill(supervisor[part], 'SIGKILL');
        await until(
          'its successors',
          () => parts.every(part => fleet.ps().supervisor[part] !== supervisor[part]),
          30_000,
        );
        await isRepaired(fleet, fleet.keeper, 'fleet.json');
        expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
          name: 't',
          file: fleet.path('brood.yaml'),
          spec: (JSON.parse(text) as {spec: unknown}).spec,
        });
        expect(pidsOf(fleet)).toEqual(pids);
        expect(fleet.run('apply').code).toBe(0);
        await goesOn(fleet, pids);
      });
    }
  });
});
