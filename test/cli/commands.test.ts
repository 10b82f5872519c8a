import {writeFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {ErrorCode, type Params} from '../../src/control/messages.ts';
import {RpcError} from '../../src/control/errors.ts';
import {detail, FakeFleet, NOW, outcome, worker} from './fake-fleet.ts';

test('help: an overview, one command, and the response to a wrong word', async () => {
  const fleet = new FakeFleet();
  const overview = await fleet.run('--help');
  expect(overview.code).toBe(0);
  expect(overview.out).toMatch(/\bup\b[^]*\bps\b/);
  expect(overview.out.split('\n').every(line => line.length <= 80)).toBe(true);
  expect((await fleet.run()).code).toBe(2);
  for (const args of [
    ['help', 'logs'],
    ['logs', '--help'],
    ['logs', '-h'],
  ]) {
    const {code, out} = await fleet.run(...args);
    expect(code).toBe(0);
    expect(out).toMatch(/usage: brood logs[^]*--since[^]*Examples[^]*brood logs -f/);
    expect(out.split('\n').every(line => line.length <= 80)).toBe(true);
  }
  expect(await fleet.run('stpo', 'web')).toMatchObject({
    code: 2,
    err: expect.stringContaining('brood stop') as unknown,
  });
  expect((await fleet.run('toString')).code).toBe(2);
  expect(await fleet.run('stop', '--tiemout', '3s')).toMatchObject({
    code: 2,
    err: expect.stringContaining('did you mean --timeout?') as unknown,
  });
  expect((await fleet.run('stop')).code).toBe(2);
  expect((await fleet.run('stop', 'web', '--timeout', '5')).code).toBe(2);
  expect((await fleet.run('--version')).out).toMatch(/^\d+\.\d+\.\d+/);
});

test('without a supervisor commands exit 3 with an explanation', async () => {
  const fleet = new FakeFleet();
  for (const args of [['ps'], ['stop', 'web'], ['status', 'web'], ['down']]) {
    const {code, err} = await fleet.run(...args);
    expect(code, args.join(' ')).toBe(3);
    expect(err).toMatch(/fleet shop is not running.*`brood up` starts it/);
    expect(err).not.toMatch(/\n\s+at /);
  }
  expect(await fleet.run('ps', '--fleet', 'none')).toMatchObject({
    code: 3,
    err: expect.stringContaining('no fleet none') as unknown,
  });
});

test('ps: a plain table in a pipe, and the unchanged report with --json', async () => {
  const fleet = new FakeFleet();
  const report = fleet.ps(
    worker('web/1', {flags: ['paused']}),
    worker('web/2', {
      status: 'failed',
      pid: null,
      state: null,
      uptimeMs: null,
      restarts: 4,
      reason: 'gave up after 4 restarts in a row; last: exit code 3',
    }),
    worker('db/1', {exit: {code: null, signal: 'SIGKILL', at: NOW, reason: 'signalled'}}),
  );
  await fleet.serve({ps: () => report});
  const {code, out} = await fleet.run('ps');
  expect(code).toBe(0);
  const lines = out.trimEnd().split('\n');
  expect(lines[0]).toMatch(/^ID +STATUS +PID +S +NI +RESTARTS +UPTIME +CPU +MEM +LAST EXIT/);
  expect(lines[1]).toMatch(/^web\/1 +ready paused +4711 +S +0 +0 +3m12s +1\.3% +50\.0M$/);
  expect(lines[2]).toMatch(/^web\/2 +failed +- .*gave up after 4 restarts in a row; last: exit code 3$/);
  expect(lines[3]).toMatch(/SIGKILL at /);
  expect(JSON.parse((await fleet.run('ps', '--json')).out)).toEqual(report);
  expect((await fleet.run('--fleet', 'shop', 'ps')).out).toBe(out);
});

test('colours: none in a pipe, none with NO_COLOR even if forced, some if forced', async () => {
  const fleet = new FakeFleet();
  await fleet.serve({ps: () => fleet.ps(worker('web/1'))});
  const colored = async (env: Record<string, string>, ...args: string[]) => {
    Object.assign(fleet.env, env);
    const {out} = await fleet.run('ps', ...args);
    for (const name of Object.keys(env)) Reflect.deleteProperty(fleet.env, name);
    return out.includes('\x1b[');
  };
  expect(await colored({})).toBe(false);
  expect(await colored({FORCE_COLOR: '1'})).toBe(true);
  expect(await colored({FORCE_COLOR: '1', NO_COLOR: '1'})).toBe(false);
  expect(await colored({FORCE_COLOR: '1'}, '--no-color')).toBe(false);
});

test('ls: running, dead and down', async () => {
  const fleet = new FakeFleet();
  expect((await fleet.run('ls')).out).toMatch(/^shop +down +- +- +.*brood\.yaml$/m);
  await fleet.serve({ps: () => fleet.ps(worker('web/1'), worker('web/2', {status: 'failed'}))});
  expect((await fleet.run('ls')).out).toMatch(new RegExp(`^shop +running +1/2 ready, 1 failed +${process.pid} `, 'm'));
  await fleet.close();
  writeFileSync(`${fleet.folder}/lock`, JSON.stringify({pid: process.pid, startTime: '1', anchor: null}));
  expect(JSON.parse((await fleet.run('ls', '--json')).out)).toMatchObject([
    {name: 'shop', state: 'dead', file: fleet.file},
  ]);
  expect((await fleet.run('ps')).code).toBe(3);
});

test('status: all fields, as text and as JSON', async () => {
  const fleet = new FakeFleet();
  const it = detail('web/1', {exit: {code: 3, signal: null, at: NOW, reason: 'exited'}});
  await fleet.serve({status: () => ({instances: [it]})});
  const {out} = await fleet.run('status', 'web');
  for (const words of [
    'web/1 ready',
    'node server.js --name "a b"',
    '4711',
    '/srv/shop',
    'PORT=3000',
    'API_TOKEN=***',
    'exit code 3',
    '4712 Z [sh]',
    'after',
    'db',
  ]) {
    expect(out).toContain(words);
  }
  expect(JSON.parse((await fleet.run('status', 'web', '--json')).out)).toEqual({instances: [it]});
});

test('commands on workers report the result for each, and exit 1 if one failed', async () => {
  const fleet = new FakeFleet();
  await fleet.serve({
    stop: ({targets}) => ({
      ok: targets[0] !== 'bad',
      outcomes: [
        outcome('web/1', {proof: 'cgroup'}),
        ...(targets[0] === 'bad' ? [outcome('bad/1', {ok: false, status: 'stopping', survivors: ['99 sh']})] : []),
      ],
    }),
    start: () => ({ok: false, outcomes: [outcome('web/1', {status: 'failed', ok: false, reason: 'exit code 3'})]}),
    scale: ({counts}) => ({
      ok: true,
      outcomes: Object.entries(counts).map(([name, n]) => outcome(`${name}/${n}`, {status: 'ready'})),
    }),
  });
  expect(await fleet.run('stop', 'web')).toMatchObject({
    code: 0,
    out: 'web/1 stopped (nothing is left: its cgroup is empty)\n',
  });
  expect(await fleet.run('stop', 'bad')).toMatchObject({code: 1, err: 'bad/1 stopping (could not be ended: 99 sh)\n'});
  expect(JSON.parse((await fleet.run('stop', 'bad', '--json')).out)).toMatchObject({
    ok: false,
    outcomes: [{id: 'web/1'}, {survivors: ['99 sh']}],
  });
  expect(await fleet.run('start', 'web')).toMatchObject({code: 1, err: 'web/1 failed (exit code 3)\n'});
  expect(await fleet.run('scale', 'web=3', 'db=0')).toMatchObject({code: 0, out: 'web/3 ready\ndb/0 ready\n'});
  expect((await fleet.run('scale', 'web')).code).toBe(2);
  expect((await fleet.run('scale', 'web=-1')).code).toBe(2);
});

test('errors of the controller become messages and exit codes', async () => {
  const fleet = new FakeFleet();
  const fail = (code: number, message: string, data?: unknown) => () => {
    throw new RpcError(code, message, data);
  };
  await fleet.serve({
    stop: fail(ErrorCode.unknownTarget, 'no worker nginxx', {nearest: 'nginx'}),
    start: fail(ErrorCode.timeout, 'not done after 5ms: still waiting for web/1 (starting)'),
    restart: fail(ErrorCode.stopping, 'the fleet is being stopped'),
    pause: () => {
      throw new Error('a bug');
    },
  });
  expect(await fleet.run('stop', 'nginxx')).toEqual({
    code: 1,
    out: '',
    err: 'brood: no worker nginxx; did you mean nginx?\n',
  });
  expect(await fleet.run('start', 'web', '--timeout', '5ms')).toMatchObject({
    code: 124,
    err: expect.stringContaining('web/1 (starting)') as unknown,
  });
  expect((await fleet.run('restart', 'web')).code).toBe(1);
  expect(await fleet.run('pause', 'web')).toEqual({code: 1, out: '', err: 'brood: internal error: a bug\n'});
  expect(await fleet.run('resume', 'web')).toMatchObject({
    code: 1,
    err: expect.stringContaining('older than this command') as unknown,
  });
});

test('signal, nice and alarm: the request sent, also for negative numbers and odd spellings', async () => {
  const fleet = new FakeFleet();
  const calls: unknown[] = [];
  await fleet.serve({
    signal: params => (
      calls.push(params),
      {
        sent: [
          {pid: 1, id: 'web/1'},
          {pid: 2, id: null},
        ],
      }
    ),
    nice: params => (calls.push(params), {set: [{pid: 1, id: 'web/1', nice: params.nice}]}),
    alarm: params => (calls.push(params), {instances: [{id: 'web/1', secondsLeftBefore: 2}]}),
  });
  expect((await fleet.run('signal', 'usr1', 'web', '77', '--tree')).out).toBe(
    'SIGUSR1 sent to 1 (web/1)\nSIGUSR1 sent to 2\n',
  );
  expect((await fleet.run('nice', '-3', 'web')).code).toBe(0);
  expect((await fleet.run('nice', '10', 'web')).code).toBe(0);
  expect((await fleet.run('alarm', 'web', '60')).out).toMatch(/SIGALRM in 1m \(was: in 2s\)/);
  expect((await fleet.run('alarm', 'web', '0')).out).toMatch(/no alarm/);
  expect(calls).toEqual([
    {signal: 'SIGUSR1', targets: ['web', '77'], tree: true},
    {nice: -3, targets: ['web']},
    {nice: 10, targets: ['web']},
    {target: 'web', seconds: 60},
    {target: 'web', seconds: 0},
  ]);
  expect(await fleet.run('signal', 'TREM', 'web')).toMatchObject({
    code: 2,
    err: expect.stringContaining('SIGTERM') as unknown,
  });
  expect((await fleet.run('nice', '20', 'web')).code).toBe(2);
  expect((await fleet.run('nice', 'x', 'web')).code).toBe(2);
  expect((await fleet.run('alarm', 'web', 'soon')).code).toBe(2);
});

test('add sends the command unchanged, with the folder', async () => {
  const fleet = new FakeFleet();
  const calls: Params<'add'>[] = [];
  await fleet.serve({add: params => (calls.push(params), {ok: true, outcomes: [outcome('x/1', {status: 'ready'})]})});
  expect(
    (await fleet.run('add', '--name', 'x', '--restart', 'never', '--', 'sh', '-c', 'echo "$1"', '--name', '-3')).code,
  ).toBe(0);
  expect((await fleet.run('add', '--', 'true')).code).toBe(0);
  expect(calls).toEqual([
    {name: 'x', restart: 'never', argv: ['sh', '-c', 'echo "$1"', '--name', '-3'], cwd: fleet.cwd},
    {argv: ['true'], cwd: fleet.cwd},
  ]);
  expect((await fleet.run('add')).code).toBe(2);
  expect((await fleet.run('add', '--restart', 'often', '--', 'true')).code).toBe(2);
});
