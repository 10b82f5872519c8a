/** Commands that wait while the controller is killed with -9: the action is done once, and the command reports that. */
import {expect, test, vi} from 'vitest';
import {TestFleet, until} from './harness.ts';
import {endsClean, HOUR, linesOf, loseController, slowToEnd, sleeper, stateOf, statuses} from './losing.ts';
import {using} from './wrapped.ts';

// Many commands one after another: on a busy machine each takes its time.
vi.setConfig({testTimeout: 180_000});

test('a half-done apply is completed, and its client receives the result', async () => {
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
    await loseController(fleet);
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

test('up --wait and down succeed while the controller is killed', async () => {
  const workers = {
    w: {...sleeper, instances: 3, ready: {exec: ['test', '-e', 'up'], timeout: HOUR}},
    end: slowToEnd('end'),
  };
  await using(new TestFleet({fleet: 't', workers}), async fleet => {
    const up = fleet.runAsync('up', '-d', '--wait');
    await until('all to be asked', () => statuses(fleet).filter(one => one.endsWith(' starting')).length === 3);
    await until('the trap', () => linesOf(fleet, 'end.runs') === 1);
    await loseController(fleet);
    fleet.write('', 'up');
    expect((await up).code).toBe(0);
    const down = fleet.runAsync('down');
    await until('the end to be under way', () => statuses(fleet).includes('end/1 stopping'));
    await loseController(fleet);
    fleet.write('', 'go');
    expect((await down).code).toBe(0);
    await until('nothing to be left', () => fleet.tagged().length === 0);
    expect([linesOf(fleet, 'end.runs'), linesOf(fleet, 'end.bye')]).toEqual([1, 1]);
  });
});
