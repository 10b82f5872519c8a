/** Workers that are restarted when a file changes. */
import {spawnSync} from 'node:child_process';
import {mkdirSync, renameSync} from 'node:fs';
import {expect, test, vi} from 'vitest';
import type {InstanceDetail} from '../../src/control/reports.ts';
import {TestFleet, until} from './harness.ts';
import {isRoot, using, WrappedFleet} from './wrapped.ts';

vi.setConfig({testTimeout: 120_000});

const sleeper = {run: ['sleep', '1000']};

const detail = (fleet: TestFleet, id: string): InstanceDetail =>
  (fleet.json('status', id) as {instances: InstanceDetail[]}).instances[0]!;

const watching = (fleet: TestFleet, id: string): Promise<unknown> =>
  until(`${id} to be watched`, () => detail(fleet, id).watch?.watching === true);

test('a changed file restarts each worker that should run, also a failed or finished one; journal, why and status name the file', async () => {
  const watch = ['src'];
  const workers = {
    web: {...sleeper, instances: 2, watch},
    broken: {sh: 'test -e src/cure || exit 3; exec sleep 1000', restart: 'never', watch},
    build: {sh: 'echo built >> builds', restart: 'never', watch},
    idle: {...sleeper, watch},
    held: {...sleeper, watch},
    other: {...sleeper},
  };
  await using(new TestFleet({fleet: 't', workers}, {'src/a.js': '1', 'src/deep/b.js': '1'}), async fleet => {
    fleet.up();
    await fleet.ready('web/1', 'web/2', 'idle', 'held', 'other');
    await fleet.status('broken', 'failed');
    await fleet.status('build', 'finished');
    expect(fleet.run('stop', 'idle').code).toBe(0);
    expect(fleet.run('pause', 'held').code).toBe(0);
    await watching(fleet, 'web');
    const [one, two] = [fleet.worker('web/1'), fleet.worker('web/2')];
    const others = ['held', 'other'].map(name => fleet.worker(name).pid);
    // Files that exist already, and files that are no part of a program, are no change.
    mkdirSync(fleet.path('src/node_modules'));
    fleet.write('x', 'src/node_modules/x.js');
    fleet.write('x', 'src/.a.js.swp');
    fleet.write('x', 'src/cure');
    await fleet.successor('web/1', one.pid ?? 0);
    await fleet.successor('web/2', two.pid ?? 0);
    await fleet.ready('broken');
    await until('the second build', () => fleet.read('builds').startsWith('built\nbuilt\n'));
    expect(fleet.worker('idle').status).toBe('stopped');
    expect(['held', 'other'].map(name => fleet.worker(name).pid)).toEqual(others);
    expect(fleet.worker('web/1')).toMatchObject({restarts: 0, exit: {reason: 'watch'}});
    const changes = fleet.events('file-changed');
    expect(new Set(changes.map(({path}) => path))).toEqual(new Set(['src/cure']));
    expect(new Set(changes.map(({worker}) => worker))).toEqual(new Set(['web', 'broken', 'build']));
    expect(fleet.run('events', '-n', 'all').out).toContain('web/1 src/cure has changed');
    expect(fleet.run('why', 'web/1').out.replace(/\s+/g, ' ')).toMatch(
      /a watched file changed, so it was restarted.*src\/cure has changed/,
    );
    expect(fleet.run('status', 'web/1').out).toMatch(/watches +src\n/);
    expect(fleet.run('down').code).toBe(0);
  });
});

test('watching goes on when the controller is lost, and begins and ends with the key in the fleet file', async () => {
  await using(new TestFleet({fleet: 't', workers: {web: sleeper}}, {'src/a.js': '1'}), async fleet => {
    fleet.up('--wait');
    const first = fleet.worker('web').pid ?? 0;
    const watch = ['src', 'later/conf'];
    fleet.write({fleet: 't', workers: {web: {...sleeper, watch, watch_ignore: ['*.log']}}});
    expect(fleet.run('check').err).toMatch(
      /^brood\.yaml:\d+:\d+: note: web\.watch\[1\]: .*later\/conf does not exist/m,
    );
    expect(fleet.run('apply', '--plan').out).toContain('takes effect without a restart');
    expect(fleet.run('apply').code).toBe(0);
    await watching(fleet, 'web');
    expect(fleet.worker('web').pid).toBe(first);
    expect(fleet.run('doctor').out.replace(/\s+/g, ' ')).toMatch(/not-watched: .*later\/conf does not exist/);

    const {controller} = fleet;
    process.kill(controller, 'SIGKILL');
    await until('another controller', () => fleet.controller !== controller);
    await watching(fleet, 'web');
    expect(fleet.worker('web').pid).toBe(first);
    fleet.write('x', 'src/x.log');
    fleet.write('2', 'src/new');
    renameSync(fleet.path('src/new'), fleet.path('src/a.js'));
    const second = await fleet.successor('web', first);
    mkdirSync(fleet.path('later'));
    fleet.write('x', 'later/conf');
    const third = await fleet.successor('web', second.pid ?? 0);
    expect(fleet.events('file-changed').map(({path}) => path)).not.toContain('src/x.log');

    fleet.write({fleet: 't', workers: {web: sleeper}});
    expect(fleet.run('apply').code).toBe(0);
    expect(detail(fleet, 'web').watch).toBeNull();
    expect(fleet.worker('web').pid).toBe(third.pid);
    expect(fleet.run('down').code).toBe(0);
  });
});

/** Runs a command with few inotify watches: the limit in /proc/sys/user belongs to the user namespace. */
const FEW = [
  'unshare',
  '--user',
  '--map-root-user',
  'sh',
  '-c',
  'echo 12 > /proc/sys/user/max_inotify_watches; exec "$@"',
  'sh',
];
const canLimit = isRoot && spawnSync(FEW[0] ?? '', [...FEW.slice(1), 'true']).status === 0;

test.skipIf(!canLimit)(
  'a worker runs although inotify watches are used up, and doctor reports it (needs user namespaces)',
  async () => {
    const files = Object.fromEntries(Array.from({length: 40}, (_, i) => [`src/f${i}.js`, 'x']));
    await using(
      new WrappedFleet(FEW, {fleet: 't', workers: {web: {...sleeper, watch: ['src']}}}, files),
      async fleet => {
        fleet.up('--wait');
        const told = await until('it to be told', () => fleet.run('doctor').out.match(/not-watched[^]*/)?.[0]);
        expect(told.replace(/\s+/g, ' ')).toMatch(/no more inotify watches \(ENOSPC\).*fs\.inotify\.max_user_watches/);
        expect(fleet.worker('web').status).toBe('ready');
        expect(fleet.events('watch-failed').map(({code}) => code)).toEqual(['ENOSPC']);
        expect(fleet.run('down').code).toBe(0);
      },
    );
  },
);
