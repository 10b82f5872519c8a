/** Rolling reloads: one instance at a time, up to the first failure. */
import {rmSync} from 'node:fs';
import {expect, test} from 'vitest';
import type {Outcomes} from '../../src/control/reports.ts';
import {TestFleet, until} from './harness.ts';
import {linesOf, loseController} from './losing.ts';
import {using} from './wrapped.ts';

/** Logs its start, with the variable V, and its end; a file `broken` makes it exit at once. */
const sh = `[ ! -e broken ] || exit 3; trap 'echo "$BROOD_WORKER out" >> log; exit 0' TERM; echo "$BROOD_WORKER in $V" >> log
echo up; while :; do sleep 0.02; done`;
const web = {sh, instances: 3, env_file: 'env', ready: {log: 'up'}, backoff: {first: '1h', initial: '1h', max: '1h'}};
const fleetOfThree = (): TestFleet => new TestFleet({fleet: 'roll', workers: {web}}, {env: 'V=1\n'});
const pids = (fleet: TestFleet): (number | null)[] => fleet.ps().workers.map(({pid}) => pid);

test('each instance is ended and ready again before the next one, with the present contents of its files', async () => {
  await using(fleetOfThree(), fleet => {
    fleet.up('--wait');
    fleet.write('', 'log');
    fleet.write('V=2\n', 'env');
    const {code, out, err} = fleet.run('reload', 'web');
    expect(code, out + err).toBe(0);
    const said = fleet.read('log').trim().split('\n');
    expect(said).toEqual(['web/1', 'web/2', 'web/3'].flatMap(id => [`${id} out`, `${id} in 2`]));
    expect(fleet.ps().workers.map(({status, restarts}) => [status, restarts])).toEqual(Array(3).fill(['ready', 0]));
  });
});

test('a reload ends with 1 at the first failure, and the other instances run on as they were', async () => {
  await using(fleetOfThree(), fleet => {
    fleet.up('--wait');
    const before = pids(fleet);
    fleet.write('', 'broken');
    const {code, out} = fleet.run('reload', 'web', '--json');
    expect(code).toBe(1);
    const {outcomes} = JSON.parse(out) as Outcomes;
    expect(outcomes.map(({id, ok}) => [id, ok])).toEqual([
      ['web/1', false],
      ['web/2', false],
      ['web/3', false],
    ]);
    expect(outcomes[0]?.reason).toContain('exit code 3');
    expect(outcomes[1]?.reason).toContain('not reloaded');
    expect(pids(fleet).slice(1)).toEqual(before.slice(1));
    expect(fleet.events('reload-failed')).toMatchObject([{worker: 'web', instance: 1, left: ['web/2', 'web/3']}]);
  });
});

test('a reload goes on when the controller is lost', async () => {
  await using(
    new TestFleet(
      {
        fleet: 'roll',
        workers: {web: {...web, sh: sh.replace('echo up', 'while [ ! -e go ]; do sleep 0.02; done; echo up')}},
      },
      {env: '', go: ''},
    ),
    async fleet => {
      fleet.up('--wait');
      const before = pids(fleet);
      rmSync(fleet.path('go'));
      const client = fleet.start(['reload', 'web']);
      await until('the first one to begin anew', () => linesOf(fleet, 'log') >= 5);
      await loseController(fleet);
      fleet.write('', 'go');
      await until(
        'all to be others',
        () =>
          pids(fleet).every((pid, i) => pid !== null && pid !== before[i]) &&
          fleet.ps().workers.every(({status}) => status === 'ready'),
      );
      client.kill();
    },
  );
});
