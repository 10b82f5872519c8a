/** `apply --plan` prints what `apply` then does, and changes nothing. */
import {writeFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {TestFleet} from './harness.ts';
import {using} from './wrapped.ts';

const run = ['sleep', '1000'];
const before = {
  workers: {
    web: {
      run,
      env: {PORT: '3000', API_TOKEN: 'one-secret', URL: 'http://u:pass-one@h/'},
      instances: 2,
      stop: {timeout: '5s'},
    },
    soft: {run, stop: {timeout: '5s'}},
    gone: {run},
    same: {run},
  },
};
const after = {
  workers: {
    web: {
      run,
      env: {PORT: '3001', API_TOKEN: 'two-secret', URL: 'http://u:pass-two@h/'},
      instances: 3,
      stop: {timeout: '5s'},
    },
    soft: {run, stop: {timeout: '9s'}},
    same: {run},
    more: {run},
  },
  groups: {g: {strategy: 'one-for-all', members: ['soft', 'same']}},
};

test('a plan names the instances that start, stop and restart and why, masks secrets, and changes nothing; apply then does just that', async () => {
  await using(new TestFleet({fleet: 't', ...before}), fleet => {
    fleet.up('--wait');
    const pids = () => Object.fromEntries(fleet.ps().workers.map(({id, pid}) => [id, pid]));
    const first = pids();
    expect(fleet.run('apply', '--plan').out).toBe('nothing to change: the fleet matches its file\n');
    writeFileSync(fleet.path('brood.yaml'), JSON.stringify({fleet: 't', ...after}));
    const {code, out} = fleet.run('apply', '--plan');
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      '~ web  restarts web/1 web/2, starts web/3',
      '    env.PORT: "3000" -> "3001"',
      '    env.API_TOKEN: "********" (changed)',
      '    env.URL: "http://u:********@h/" (changed)',
      '    instances: 2 -> 3',
      '~ soft  takes effect without a restart',
      '    stop.timeout: 5s -> 9s',
      '+ more  starts more/1',
      '- gone  stops gone/1',
      expect.stringMatching(/^~ group g: .*one-for-all.* \(new\)$/) as unknown,
      '= 1 worker unchanged: same',
      '',
    ]);
    expect(JSON.stringify(fleet.json('apply', '--plan'))).not.toMatch(/secret|pass-/);
    expect(pids()).toEqual(first);
    expect(fleet.events('plan-applied')).toEqual([]);

    expect(fleet.run('apply').code).toBe(0);
    const now = pids();
    expect(Object.keys(now).sort()).toEqual(['more/1', 'same/1', 'soft/1', 'web/1', 'web/2', 'web/3']);
    for (const id of ['same/1', 'soft/1']) expect(now[id]).toBe(first[id]);
    for (const id of ['web/1', 'web/2']) expect(now[id]).not.toBe(first[id]);
    expect(fleet.run('apply', '--plan').out).toMatch(/^nothing to change/);
  });
});

test('a plan compares the scale with the running instances; a file with errors has no plan; without a supervisor there is none', async () => {
  await using(new TestFleet({fleet: 't', workers: {web: {run, instances: 2}}}), fleet => {
    fleet.up('--wait');
    expect(fleet.run('scale', 'web=3').code).toBe(0);
    expect(fleet.json('apply', '--plan')).toEqual({
      workers: [
        {
          worker: 'web',
          kind: 'changed',
          differences: [{key: 'instances', before: 3, after: 2}],
          starts: [],
          stops: ['web/3'],
          restarts: [],
        },
      ],
      groups: [],
      channels: [],
      unchanged: [],
    });
    writeFileSync(fleet.path('brood.yaml'), 'fleet: t\nworkers: {web: {rum: sleep 1}}\n');
    const bad = fleet.run('apply', '--plan');
    expect(bad.code).toBe(2);
    expect(bad.err).toMatch(/brood\.yaml:2:\d+: .*rum.*run/);
    writeFileSync(fleet.path('brood.yaml'), 'fleet: t\nworkers: {web: {run: sleep 1000, instances: 2}}\n');
    expect(fleet.run('down').code).toBe(0);
    expect(fleet.run('apply', '--plan').code).toBe(3);
  });
});
