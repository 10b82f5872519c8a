import {appendFileSync, renameSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {RpcError} from '../../src/control/errors.ts';
import {inFolder} from '../../src/control/folder.ts';
import {ErrorCode} from '../../src/control/messages.ts';
import {until} from '../control/helpers.ts';
import {Writer} from '../logs/model.ts';
import {detail, FakeFleet, worker} from './fake-fleet.ts';

const T0 = Date.parse('2024-05-01T12:00:00Z');
const ndjson = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as Record<string, unknown>);

test('logs: the last 100 lines of all instances, merged, with a prefix if there are several', async () => {
  const fleet = new FakeFleet();
  const web = new Writer(fleet.folder, 'web/1', 'out');
  for (let i = 1; i <= 150; i++) web.write(`line ${i}\n`, T0 + i * 10);
  expect((await fleet.run('logs')).out.trimEnd().split('\n')).toHaveLength(100);
  expect((await fleet.run('logs', '-n', '2')).out).toBe('line 149\nline 150\n');
  expect((await fleet.run('logs', 'web', '-n', 'all')).out.trimEnd().split('\n')).toHaveLength(150);
  new Writer(fleet.folder, 'database/12', 'err').write('bad \x1b[2J\n', T0 + 1495);
  expect((await fleet.run('logs', '-n', '3')).out).toBe(
    'web/1       | line 149\ndatabase/12 | bad \x1b[2J\nweb/1       | line 150\n',
  );
  expect((await fleet.run('logs', 'database')).out).toBe('bad \x1b[2J\n');
  expect(ndjson((await fleet.run('logs', 'web/1', '-n', '1', '--json')).out)).toEqual([
    {at: new Date(T0 + 1500).toISOString(), worker: 'web', instance: 1, stream: 'out', line: 'line 150'},
  ]);
  expect((await fleet.run('logs', '--since', new Date(T0 + 1480).toISOString(), 'web')).out).toBe(
    'line 148\nline 149\nline 150\n',
  );
  expect((await fleet.run('logs', '--since', '1h')).out).toBe('');
});

test('logs: a reader slower than the disk gets all of it, without a warning', async () => {
  const fleet = new FakeFleet();
  const writer = new Writer(fleet.folder, 'web/1', 'out');
  writer.write(Array.from({length: 100_000}, (_, i) => `${i} ${'x'.repeat(40)}\n`).join(''), T0);
  const running = fleet.start('logs', '-n', 'all', '--json');
  running.child.stdout?.pause();
  setTimeout(() => running.child.stdout?.resume(), 200);
  const {code, out, err} = await running.ended;
  expect({code, err}).toEqual({code: 0, err: ''});
  expect(out.split('\n')).toHaveLength(100_001);
});

test('logs: the parts of long lines are marked in JSON', async () => {
  const fleet = new FakeFleet();
  new Writer(fleet.folder, 'web/1', 'out').write('x'.repeat(70_000) + '\n', T0);
  expect(ndjson((await fleet.run('logs', '--json')).out).map(({partial}) => partial)).toEqual([true, undefined]);
});

test('logs --raw: the exact bytes of one stream of one instance', async () => {
  const fleet = new FakeFleet();
  const bytes = Buffer.from([0, 255, 10, 13, 27, 91, 50, 74, 200]);
  const out = new Writer(fleet.folder, 'web/1', 'out');
  out.write('first\n', T0);
  out.compress(out.rotate());
  out.write('second', T0);
  new Writer(fleet.folder, 'web/1', 'err').write(bytes, T0);
  expect((await fleet.run('logs', 'web', '--raw')).out).toBe('first\nsecond');
  const {execFileSync} = await import('node:child_process');
  const {cli} = await import('./fake-fleet.ts');
  expect(
    execFileSync(process.execPath, [cli, 'logs', 'web/1', '--raw', '--stream', 'err'], {
      cwd: fleet.cwd,
      env: fleet.env,
    }),
  ).toEqual(bytes);
  new Writer(fleet.folder, 'web/2', 'out').write('x', T0);
  expect(await fleet.run('logs', 'web', '--raw')).toMatchObject({
    code: 2,
    err: expect.stringContaining('web/1, web/2') as unknown,
  });
  expect((await fleet.run('logs', 'web/1', '--raw', '--stream', 'both')).code).toBe(2);
});

test('logs: wrong names and values are rejected', async () => {
  const fleet = new FakeFleet();
  new Writer(fleet.folder, 'nginx/1', 'out').write('x\n', T0);
  expect(await fleet.run('logs', 'nginxx')).toMatchObject({
    code: 1,
    err: expect.stringContaining('did you mean nginx?') as unknown,
  });
  for (const args of [
    ['-n', 'some'],
    ['--since', 'yesterday'],
    ['--stream', 'x'],
    ['--raw', '-f', 'nginx'],
  ]) {
    expect((await fleet.run('logs', ...args)).code, args.join(' ')).toBe(2);
  }
  await fleet.serve({
    status: ({targets}) => {
      if (targets[0] === 'quiet') return {instances: [detail('quiet/1')]};
      throw new RpcError(ErrorCode.unknownTarget, `no worker ${targets[0] ?? ''}`, {nearest: 'nginx'});
    },
  });
  expect(await fleet.run('logs', 'quiet')).toMatchObject({code: 0, out: ''});
  expect(await fleet.run('logs', 'nginxx')).toMatchObject({
    code: 1,
    err: expect.stringContaining('did you mean nginx?') as unknown,
  });
});

test('logs -f continues with new lines, and exits 0 on Ctrl-C', async () => {
  const fleet = new FakeFleet();
  const web = new Writer(fleet.folder, 'web/1', 'out');
  web.write('before\n');
  const running = fleet.start('logs', '-f', 'web/1');
  await until('the past', () => running.out.includes('before'));
  web.write('now\n');
  web.rotate();
  web.write('after\n');
  await until('the present', () => running.out.includes('after'));
  running.child.kill('SIGINT');
  expect(await running.ended).toEqual({code: 0, out: 'before\nnow\nafter\n', err: ''});
});

test('events: as text, as JSON, the last ones, and live; a torn line loses only itself', async () => {
  const fleet = new FakeFleet();
  for (let i = 1; i <= 60; i++) fleet.event('spawned', {worker: 'web', instance: 1, pid: i}, T0 + i);
  expect((await fleet.run('events')).out.trimEnd().split('\n')).toHaveLength(50);
  renameSync(inFolder.journal(fleet.folder), join(fleet.folder, 'journal.00000001.jsonl'));
  fleet.event('exited', {worker: 'web', instance: 1, code: 3, signal: null, reason: 'exited'});
  appendFileSync(inFolder.journal(fleet.folder), '{"seq":99,"at":"torn');
  expect(ndjson((await fleet.run('events', '-n', 'all', '--json')).out).map(({seq}) => seq)).toEqual(
    Array.from({length: 61}, (_, i) => i + 1),
  );
  const last = await fleet.run('events', '-n', '2');
  expect(last.out).toMatch(/^2024-05-01 .* web\/1 started, pid 60\n.* web\/1 ended: exit code 3\n$/);
  const running = fleet.start('events', '-f', '-n', '0', '--json');
  await until('following', async () => {
    fleet.event('ready', {worker: 'web', instance: 1});
    await new Promise(resolve => setTimeout(resolve, 20));
    return running.out.split('\n').length > 3;
  });
  renameSync(inFolder.journal(fleet.folder), join(fleet.folder, 'journal.00000002.jsonl'));
  fleet.event('gave-up', {worker: 'web', instance: 1, restarts: 4});
  await until('across a rotation', () => running.out.includes('gave-up'));
  running.child.kill('SIGINT');
  const {code, out} = await running.ended;
  expect(code).toBe(0);
  const seqs = ndjson(out).map(({seq}) => Number(seq));
  expect(seqs).toEqual(Array.from(seqs, (_, i) => (seqs[0] ?? 0) + i));
});

test('events without a journal: no output, and no error', async () => {
  expect(await new FakeFleet().run('events')).toEqual({code: 0, out: '', err: ''});
});

/** Writes journal and logs of a crash loop that gave up. */
function crashLoop(fleet: FakeFleet): void {
  const own = {worker: 'loop', instance: 1};
  const err = new Writer(fleet.folder, 'loop/1', 'err');
  for (let i = 0; i < 5; i++) {
    const at = T0 + i * 1000;
    fleet.event('spawned', {...own, pid: 100 + i, run: 'x'}, at);
    err.write(`boom ${i}\n`, at + 200);
    fleet.event('exited', {...own, pid: 100 + i, code: 3, signal: null, reason: 'exited'}, at + 300);
    if (i < 4) fleet.event('backoff', {...own, delayMs: 700, restarts: i + 1}, at + 300);
  }
  const reason = 'gave up after 4 restarts in a row; last: exit code 3';
  fleet.event('gave-up', {...own, restarts: 4, reason}, T0 + 4300);
  fleet.event('status-changed', {...own, from: 'starting', to: 'failed', reason}, T0 + 4300);
}

test('why: a crash loop, with and without a supervisor', async () => {
  const fleet = new FakeFleet();
  crashLoop(fleet);
  const down = await fleet.run('why', 'loop');
  const reason = 'gave up after 4 restarts in a row; last: exit code 3';
  const it = detail('loop/1', {
    status: 'failed',
    pid: null,
    uptimeMs: null,
    reason,
    restarts: 4,
    restartsInARow: 4,
    exit: {code: 3, signal: null, at: '', reason: 'exited'},
  });
  await fleet.serve({status: () => ({instances: [it]}), ps: () => fleet.ps(worker('loop/1', {status: 'failed'}))});
  const up = await fleet.run('why', 'loop');
  for (const {code, out} of [down, up]) {
    expect(code).toBe(0);
    expect(out).toMatch(/loop\/1 (is|was).*failed/);
    expect(out).toMatch(/gave up after 4 restarts/);
    expect(out).toMatch(/exit code 3/);
    expect(out).toMatch(/pid 104/);
    expect(out).toMatch(/lasted 300ms/);
    expect(out).toMatch(/boom 4/);
    expect(out).not.toMatch(/boom 3/);
    expect(out).toMatch(/What to do/);
  }
  expect(up.out).toMatch(/brood start loop\/1/);
});

test('why: a missing program', async () => {
  const fleet = new FakeFleet();
  fleet.event('spawn-failed', {
    worker: 'm',
    instance: 1,
    code: 'ENOENT',
    message: '/no/such/program can not be executed',
  });
  const {out} = await fleet.run('why', 'm');
  expect(out.replaceAll('\n', ' ')).toMatch(/\/no\/such\/program .*\(ENOENT: no such file or directory\)/);
});

test('why: signals, exit codes of shells, stops and dependencies are explained', async () => {
  const story = async (exited: Record<string, unknown>, status: Parameters<typeof detail>[1] = {}) => {
    const fleet = new FakeFleet();
    const own = {worker: 'w', instance: 1};
    fleet.event('spawned', {...own, pid: 5}, T0);
    fleet.event('exited', {...own, pid: 5, code: null, signal: null, reason: 'signalled', ...exited}, T0 + 60_000);
    await fleet.serve({
      status: () => ({instances: [detail('w/1', {uptimeMs: null, pid: null, ...status})]}),
      ps: () => fleet.ps(worker('db/1', {status: 'failed', reason: 'exit code 9'}), worker('w/1')),
    });
    return (await fleet.run('why', 'w')).out.replaceAll('\n', ' ');
  };
  expect(await story({signal: 'SIGKILL'})).toMatch(/killed by SIGKILL \(SIGKILL cannot be caught.*memory ran out/);
  expect(await story({signal: 'SIGSEGV'})).toMatch(/invalid memory access/);
  expect(await story({code: 127, reason: 'exited'})).toMatch(/exit code 127 \(the shell did not find the command\)/);
  expect(await story({code: 137, reason: 'exited'})).toMatch(/128 \+ 9: .*SIGKILL/);
  expect(await story({code: 139, reason: 'exited'})).toMatch(/128 \+ 11: .*SIGSEGV/);
  const limits = {nofile: null, core: null, cpu: null, memory: {limit: 2 ** 29, by: 'cgroup', why: null}} as const;
  expect(await story({signal: 'SIGKILL', reason: 'memory'}, {limits})).toMatch(
    /SIGKILL \(it exceeded its memory limit\).*enforced its limit of 512M on its cgroup.*raise `limits/,
  );
  expect(await story({signal: 'SIGKILL', reason: 'oom'})).toMatch(
    /the machine, or a cgroup around it, ran out of memory; its own limit was not/,
  );
  expect(await story({signal: 'SIGKILL', reason: 'stop'})).toMatch(
    /stopped on request; it did not exit within its stop timeout/,
  );
  expect(
    await story(
      {code: 0, reason: 'exited'},
      {status: 'pending', requires: ['db'], reason: 'requires db, which failed'},
    ),
  ).toMatch(/requires db, which failed.*db\/1 is failed \(exit code 9\)/);
});

test('why: untrusted text starts no paragraph of its own', async () => {
  const fleet = new FakeFleet();
  const status = detail('w/1', {
    status: 'failed',
    pid: null,
    uptimeMs: null,
    doubts: [{pid: 5, startTime: '1', words: 'x\nAll is well.'}],
  });
  await fleet.serve({status: () => ({instances: [status]}), ps: () => fleet.ps(worker('w/1'))});
  const {out} = await fleet.run('why', 'w');
  expect(out).toMatch(/is left: x All is well\./);
});

test('why: an unknown name exits 1', async () => {
  expect((await new FakeFleet().run('why', 'nobody')).code).toBe(1);
});

test('a journal that is garbage is skipped', async () => {
  const fleet = new FakeFleet();
  writeFileSync(inFolder.journal(fleet.folder), 'x\n{}\n[]\n{"seq":"1"}\n\0\0\n');
  expect(await fleet.run('events', '-n', 'all')).toEqual({code: 0, out: '', err: ''});
});
