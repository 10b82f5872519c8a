/** The display while the supervisor is lost, replaced, stopped, or was never started. */
import {expect, test} from 'vitest';
import {TestFleet, until} from '../end-to-end/harness.ts';
import {using} from '../end-to-end/wrapped.ts';
import {Screen} from './screen.ts';

const sleeper = {run: ['sleep', '1000']};

test('a killed controller or keeper is replaced, and the same workers are shown', async () => {
  await using(new TestFleet({fleet: 'shop', workers: {alpha: sleeper}}), async fleet => {
    fleet.up('--wait');
    const {pid} = fleet.worker('alpha');
    await using(new Screen(fleet, ['--interval', '200ms'], {columns: 110}), async screen => {
      await screen.sees(new RegExp(`alpha/1 .*${pid}`));
      for (const part of ['controller', 'keeper'] as const) {
        const before = fleet[part];
        process.kill(before, 'SIGKILL');
        await until(`another ${part}`, () => fleet[part] !== before);
        screen.type('2');
        await screen.sees(new RegExp(`${fleet[part]} .*${part}`));
        screen.type('1');
        await screen.sees(new RegExp(`alpha/1 .*ready .*${pid}`));
        await screen.seesNot(/does not answer/);
      }
      screen.type('4');
      await screen.sees(/controller-lost/);
      screen.type('q');
      expect(await screen.exited()).toBe(0);
    });
  });
});

test('without a response the connection is reported as lost and the display as old, and actions fail', async () => {
  await using(new TestFleet({fleet: 'shop', workers: {alpha: sleeper}}), async fleet => {
    fleet.up('--wait');
    const {anchor, pid, controller} = fleet.ps().supervisor;
    await using(new Screen(fleet, ['--interval', '200ms'], {columns: 110}), async screen => {
      await screen.sees(/alpha\/1/);
      // Stopped one after another, from the top down: no parent is left that could continue the next.
      const stopped = [anchor, pid, controller].filter(one => one !== null);
      for (const one of stopped) process.kill(one, 'SIGSTOP');
      try {
        await screen.sees(/controller does not answer.*stale data/);
        await screen.sees(/alpha\/1/);
      } finally {
        for (const one of stopped) process.kill(one, 'SIGCONT');
      }
      await screen.seesNot(/does not answer/);
      expect(fleet.run('down').code).toBe(0);
      await screen.sees(/supervisor not running: `brood up`/);
      screen.type('r');
      await screen.sees(/Restart alpha\/1\?/);
      screen.type('enter');
      await screen.sees(/does not answer|ended before/);
      fleet.up('--wait');
      await screen.sees(/1 ready/);
      screen.type('q');
      expect(await screen.exited()).toBe(0);
    });
  });
});

test('without a fleet the machine is shown, and a fleet named but not running is an error', async () => {
  await using(new TestFleet({fleet: 'shop', workers: {alpha: sleeper}}), async fleet => {
    await using(new Screen(fleet, [], {columns: 120}), async screen => {
      await screen.sees(/no fleet: showing the machine/);
      screen.type('\\', `pid=${screen.pid}`, 'enter');
      await screen.sees(new RegExp(`${screen.pid} .*node`));
      screen.type('1');
      await screen.sees(/no fleet is running here: `brood up`/);
      for (const view of ['3', '4', '5']) screen.type(view);
      await screen.sees(/no logs without a fleet/);
      screen.type('q');
      expect(await screen.exited()).toBe(0);
    });
    const {code, err} = fleet.run('top', '--fleet', 'nobody');
    expect(code).toBe(3);
    expect(err).toMatch(/no fleet nobody is running/);
    expect(fleet.run('top', '--interval', '1ms')).toMatchObject({code: 2});
    const piped = fleet.run('top');
    expect(piped.code).toBe(0);
    expect(piped.out).toMatch(/COMMAND/);
  });
});
