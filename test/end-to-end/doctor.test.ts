/** `brood doctor`: each kind of problem is found where it exists, and reported nowhere else. */
import {createServer} from 'node:net';
import {once} from 'node:events';
import {expect, test} from 'vitest';
import {fingerprintOf} from '../../src/cli/doctor/checks/storms.ts';
import {TestFleet, until} from './harness.ts';
import {using} from './wrapped.ts';

interface Diagnosis {
  readonly problems: readonly {kind: string; worker: string | null; message: string; advice: string}[];
  readonly guarantees: {lineage: string};
}

const sleeper = {run: ['sleep', '1000']};
const quick = {first: '0s', initial: '20ms', max: '20ms', jitter: '0%'};

/** Problems of one kind. */
const found = (fleet: TestFleet, kind: string) =>
  (fleet.json('doctor') as Diagnosis).problems.filter(problem => problem.kind === kind);

/** All problems except those of this machine. */
const wrong = (fleet: TestFleet) =>
  (fleet.json('doctor') as Diagnosis).problems.filter(({kind}) => kind !== 'weaker-guarantee' && kind !== 'disk-low');

test('doctor finds no problem in a healthy fleet, and exits with 3 without a supervisor', async () => {
  await using(new TestFleet({fleet: 't', workers: {w: sleeper}}), fleet => {
    fleet.up('--wait');
    expect(wrong(fleet)).toEqual([]);
    expect(fleet.run('down').code).toBe(0);
    expect(fleet.run('doctor').code).toBe(3);
  });
});

test('crashes of one cause are one storm with their fingerprint; crashes of another cause are another storm', async () => {
  const crash = (words: string) => ({
    sh: `echo "$$: ${words} at $(date +%s%N)" >&2; exit 7`,
    backoff: quick,
    give_up: {restarts: 1000, within: '1s'},
  });
  const workers = {twins: {...crash('no such table'), instances: 2}, other: crash('out of luck'), well: sleeper};
  await using(new TestFleet({fleet: 't', workers}), async fleet => {
    fleet.up();
    const storms = await until('both storms, the first of two instances', () => {
      const all = found(fleet, 'restart-storm');
      return all.length === 2 && all.some(({message}) => message.startsWith('twins/1 and twins/2 ended')) && all;
    });
    const twins = storms.find(({worker}) => worker === 'twins');
    expect(twins?.message).toMatch(/each time in the same way: exit code 7; last output: \d+: no such table/);
    expect(twins?.advice).toMatch(/brood why twins\/1/);
    const {code, out} = fleet.run('doctor');
    expect(code).toBe(1);
    expect(out).toMatch(/^restart-storm: twins\/1 and twins\/2/m);
  });
});

test('a port in use is reported with the process that listens on it', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const {port} = server.address() as {port: number};
    const listen = `require('net').createServer().listen(${port}, '127.0.0.1')`;
    const workers = {web: {run: [process.execPath, '-e', listen], backoff: {...quick, max: '1s', initial: '1s'}}};
    await using(new TestFleet({fleet: 't', workers}), async fleet => {
      fleet.up();
      const [problem] = await until('the port', () => {
        const all = found(fleet, 'port-in-use');
        return all.length > 0 && all;
      });
      expect(problem?.message).toMatch(new RegExp(`web/1 can't listen on port ${port}.*it is pid ${process.pid},`));
    });
  } finally {
    server.close();
  }
});

test('doctor reports a failed worker, a worker that waits for it for ever, and a flapping health check', async () => {
  const workers = {
    broken: {sh: 'exit 3', restart: 'never', ready: {log: 'never written'}},
    later: {...sleeper, after: ['broken']},
    frail: {...sleeper, health: {exec: ['test', '-e', 'well'], every: '100ms', timeout: '5s', failures: 1000}},
  };
  await using(new TestFleet({fleet: 't', workers}), async fleet => {
    fleet.up();
    const all = await until('all three', () => {
      const problems = wrong(fleet);
      return (
        ['failed', 'waits-for-ever', 'flapping-health'].every(kind => problems.some(one => one.kind === kind)) &&
        problems
      );
    });
    expect(all.map(({kind, worker}) => [kind, worker])).toEqual([
      ['failed', 'broken'],
      ['flapping-health', 'frail'],
      ['waits-for-ever', 'later'],
    ]);
    expect(all[2]?.advice).toMatch(/brood start broken/);
    expect(all[1]?.message).toMatch(/exit code 1/);
  });
});

test('doctor reports a keeper with hardly a descriptor left', async () => {
  await using(new TestFleet({fleet: 't', workers: {w: {...sleeper, instances: 12}}}), async fleet => {
    fleet.up('--wait');
    expect(found(fleet, 'descriptors-low')).toEqual([]);
    const {spawnSync} = await import('node:child_process');
    const {readdirSync} = await import('node:fs');
    const {pid} = fleet.ps().supervisor;
    const open = readdirSync(`/proc/${pid}/fd`).length;
    expect(spawnSync('prlimit', ['--pid', String(pid), `--nofile=${open + 2}:`]).status).toBe(0);
    expect(found(fleet, 'descriptors-low')[0]?.message).toMatch(new RegExp(`keeper \\(pid ${pid}\\)`));
  });
});

test('crashes of one cause have the same fingerprint, crashes of different causes do not', () => {
  expect(fingerprintOf('[4711] panic at 0xdeadbeef after 3.5s: no such table')).toBe(
    fingerprintOf('[12] panic at 0x7f00 after 12s: no such table'),
  );
  expect(fingerprintOf('no such table')).not.toBe(fingerprintOf('no such column'));
});
