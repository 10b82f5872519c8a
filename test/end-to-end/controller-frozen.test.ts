/** A frozen controller is continued or replaced, and changes nothing of what was done since. */
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {describe, expect, test, vi} from 'vitest';
import {TestFleet, until} from './harness.ts';
import {installation, runOf} from './installation.ts';
import {endsClean, loseController, sleeper} from './losing.ts';
import {lives} from './processes.ts';
import {using} from './wrapped.ts';

// It takes 10 s to distinguish a hang from a slow machine, and each part of a command takes its time.
vi.setConfig({testTimeout: 180_000});

/** Code that makes a controller loop for ever once the file `hang` is in the fleet's folder. */
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
  test('is replaced, with a report of its state; workers are not touched', async () => {
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

  test('does not prevent a shutdown: on SIGTERM the keeper ends the fleet itself', async () => {
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

test('a controller that was frozen while its keeper was lost is continued, exits, and changes nothing of what was done since', async () => {
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
    await loseController(fleet);
    expect(state()).toEqual(before);
    const seqs = fleet.events().map(({seq}) => seq);
    expect(seqs.every((seq, index) => index === 0 || seq > seqs[index - 1]!)).toBe(true);
    expect(fleet.events('repaired')).toEqual([]);
    await endsClean(fleet);
  });
});
