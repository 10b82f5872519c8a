/** One supervisor per fleet, whatever its folder contains; and folders of every kind. */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {createServer} from 'node:net';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {TestFleet, until} from './harness.ts';
import {folderOf, sleeper} from './losing.ts';
import {look} from './processes.ts';
import {isRoot, ordinaryFleet, using} from './wrapped.ts';

test('exactly one of ten supervisors started at the same instant comes up, and the others report that it is running', async () => {
  await using(new TestFleet({fleet: 't', workers: {w: {...sleeper, instances: 2}}}), async fleet => {
    const all = await Promise.all(Array.from({length: 10}, () => fleet.runAsync('up', '-d')));
    expect(all.filter(({code}) => code === 0).length).toBe(1);
    for (const {code, out, err} of all.filter(one => one.code !== 0)) {
      expect(code).toBe(1);
      expect(out + err).toMatch(/already running/);
    }
    await fleet.ready('w/1', 'w/2');
    expect(fleet.named('sleep').length).toBe(2);
    const {anchor, pid, controller} = fleet.ps().supervisor;
    const supervisors = fleet
      .tagged()
      .filter(({name}) => name !== 'sleep')
      .map(seen => seen.pid)
      .sort();
    expect(supervisors).toEqual([anchor!, pid, controller].sort());
    expect(fleet.run('down').code).toBe(0);
    expect(readdirSync(folderOf(fleet)).filter(name => /^fleet\.[0-9a-f]+\.json$/.test(name))).toEqual([]);
  });
});

test('remains of a dead supervisor are no obstacle: a reused pid in the lock, garbage, a stale socket, torn records, snapshots and journal lines', async () => {
  await using(new TestFleet({fleet: 't', workers: {w: sleeper}}), async fleet => {
    fleet.up('--wait');
    expect(fleet.run('down').code).toBe(0);
    const folder = folderOf(fleet);
    const locks = [
      JSON.stringify({
        pid: process.pid,
        startTime: '1',
        anchor: process.pid,
        anchorStartTime: '1',
        startedAt: 0,
        version: 'x',
      }),
      'garbage',
      `{"pid":"${process.pid}"}`,
    ];
    for (const lock of locks) {
      writeFileSync(join(folder, 'lock'), lock);
      rmSync(join(folder, 'control.sock'), {force: true});
      const server = createServer().listen(join(folder, 'control.sock'));
      await until('the stale socket', () => existsSync(join(folder, 'control.sock')));
      // Only the handle is closed, so that the socket file stays.
      (server as unknown as {_handle: {close(): void}})._handle.close();
      writeFileSync(join(folder, 'control.sock.old'), '');
      writeFileSync(join(folder, 'snapshot.0'), 'BROODSN1 torn');
      writeFileSync(join(folder, 'snapshot.1'), '');
      writeFileSync(join(folder, 'runs', 'ffff.run'), '{"intent":{"tok');
      writeFileSync(
        join(folder, 'journal.jsonl'),
        '{"seq":41,"at":"2020-01-01T00:00:00.000Z","type":"ready"}\n{"seq":42,"at"',
      );
      fleet.up('--wait');
      expect(fleet.worker('w').status).toBe('ready');
      expect(fleet.named('sleep').length).toBe(1);
      expect(fleet.events('repaired').map(({what}) => what)).toEqual(['journal', 'snapshot']);
      expect(fleet.events().at(-1)!.seq).toBeGreaterThan(42);
      expect(fleet.run('down').code).toBe(0);
    }
    expect(look(process.pid)).not.toBe(null);
  });
});

test('a folder in the place of a file, or a file in that of a folder, prevents the start, and nothing is left behind', async () => {
  await using(new TestFleet({fleet: 't', workers: {w: sleeper}}), async fleet => {
    fleet.up('--wait');
    expect(fleet.run('down').code).toBe(0);
    const folder = folderOf(fleet);
    for (const name of ['lock', 'runs']) {
      rmSync(join(folder, name), {recursive: true, force: true});
      if (name === 'runs') writeFileSync(join(folder, name), '');
      else mkdirSync(join(folder, name));
      const {code, err} = fleet.run('up', '-d');
      expect(`${name}: ${code}`).toBe(`${name}: 1`);
      expect(err).toMatch(/can't start|does not start/);
      await until('nothing to be left', () => fleet.tagged().length === 0);
      rmSync(join(folder, name), {recursive: true, force: true});
    }
    // A folder in the place of a snapshot is moved aside.
    mkdirSync(join(folder, 'snapshot.0'));
    fleet.up('--wait');
    expect(fleet.events('repaired').at(-1)).toMatchObject({
      what: 'snapshot',
      message: expect.stringContaining('snapshot.0.unreadable') as unknown,
    });
    expect(fleet.ps().supervisor.guarantees.weaker.join()).not.toMatch(/recorded/);
    expect(fleet.run('add', '--', 'sleep', '1000').code).toBe(0);
    expect(fleet.run('down').code).toBe(0);
  });
});

test('files are private, and a link in the place of the folder of records is not followed', async () => {
  await using(new TestFleet({fleet: 't', workers: {w: {sh: 'echo hello; exec sleep 1000'}}}), async fleet => {
    fleet.up('--wait');
    const folder = folderOf(fleet);
    await until('its words', () => fleet.run('logs', 'w', '--raw').out === 'hello\n');
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const walk = (path: string): void => {
      for (const entry of readdirSync(path, {withFileTypes: true})) {
        const inner = join(path, entry.name);
        if (entry.isSymbolicLink()) continue; // has no mode of its own
        expect(`${inner} ${(lstatSync(inner).mode & 0o077).toString(8)}`).toBe(`${inner} 0`);
        if (entry.isDirectory()) walk(inner);
      }
    };
    walk(folder);
    expect(fleet.run('down').code).toBe(0);
    const victim = fleet.path('victim');
    writeFileSync(victim, 'precious\n');
    rmSync(join(folder, 'journal.jsonl'));
    mkdirSync(fleet.path('elsewhere'));
    rmSync(join(folder, 'runs'), {recursive: true});
    symlinkSync(fleet.path('elsewhere'), join(folder, 'runs'));
    fleet.up('--wait');
    expect(fleet.worker('w').status).toBe('ready');
    expect(fleet.run('down').code).toBe(0);
    expect(readFileSync(victim, 'utf8')).toBe('precious\n');
    expect(readdirSync(fleet.path('elsewhere'))).toEqual([]);
  });
});

test('everything works in a home with a path of more than 200 characters, and with names of 63', async () => {
  const name = `W${'x'.repeat(62)}`;
  const fleet = new TestFleet({fleet: `f${'y'.repeat(62)}`, workers: {[name]: {...sleeper, instances: 2}}});
  const home = fleet.path(...Array.from({length: 5}, (_, n) => `${n}${'z'.repeat(49)}`));
  mkdirSync(home, {recursive: true});
  Object.assign(fleet, {home, env: {...fleet.env, BROOD_HOME: home}});
  expect(home.length).toBeGreaterThan(250);
  await using(fleet, long => {
    long.up('--wait');
    expect(long.ps().workers.map(({id}) => id)).toEqual([`${name}/1`, `${name}/2`]);
    const {pid} = long.worker(`${name}/2`);
    expect(long.run('restart', `${name}/2`).code).toBe(0);
    expect(long.worker(`${name}/2`).pid).not.toBe(pid);
    expect(long.events('spawned').length).toBe(3);
    expect(long.run('down').code).toBe(0);
    long.write({fleet: 't', workers: {[`${name}x`]: sleeper}}, 'too-long.yaml');
    expect(long.run('check', 'too-long.yaml').code).toBe(2);
  });
});

test.skipIf(!isRoot)(
  'a home of another user, or without write permission, is one clear error (needs root to be an ordinary user)',
  async () => {
    await using(ordinaryFleet({fleet: 't', workers: {w: sleeper}}), fleet => {
      Object.assign(fleet, {env: {...fleet.env, BROOD_HOME: '/usr'}});
      const denied = fleet.run('up', '-d');
      expect(denied.code).toBe(1);
      expect(denied.err).toMatch(/\/usr belongs to root.*BROOD_HOME/);
      expect(denied.err).not.toMatch(/\n\s+at /);
      chmodSync(fleet.home, 0o500);
      Object.assign(fleet, {env: {...fleet.env, BROOD_HOME: fleet.home}});
      const closed = fleet.run('up', '-d');
      expect(closed.code).toBe(1);
      expect(closed.err).toMatch(/can't write to the fleet's folder .*home.*EACCES/);
      chmodSync(fleet.home, 0o700);
      Object.assign(fleet, {env: {...fleet.env, BROOD_HOME: fleet.home}});
    });
  },
);
