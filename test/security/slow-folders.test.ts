/** A worker whose folder or program lies on a file system that does not answer: only that worker waits. */
import {mkdirSync, readFileSync, readlinkSync, symlinkSync} from 'node:fs';
import {expect, test} from 'vitest';
import {TestFleet, until} from '../end-to-end/harness.ts';
import {using} from '../end-to-end/wrapped.ts';
import {lacksMute, withMute} from './hostile-files.ts';
import type {InstanceDetail} from '../../src/control/reports.ts';
import {leadsInto, waitingMounts} from '../../src/process/waiting-mounts.ts';

const backoff = {first: '0s', initial: '50ms', max: '200ms'};
const sleeper = {run: ['sleep', '1000'], backoff};

test('mounts that may not answer are recognized, wherever a path enters one', async () => {
  const mounts = [
    '22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw',
    '23 22 0:5 / /dev rw - devtmpfs devtmpfs rw',
    '24 22 0:40 / /srv/a\\040b rw shared:2 master:1 - nfs4 host:/x rw,vers=4.2',
    '25 22 0:41 / /home/u/remote rw - fuse.sshfs host: rw',
    '26 22 0:42 / /misc rw - autofs auto rw',
  ].join('\n');
  expect(waitingMounts(mounts)).toEqual(['/srv/a b', '/home/u/remote', '/misc']);
  // The root mount can't be avoided.
  expect(waitingMounts('22 1 0:39 / / rw - fuse.overlay x rw\n')).toEqual([]);
  await using(new TestFleet({fleet: 't', workers: {}}), fleet => {
    const place = fleet.path('place');
    mkdirSync(fleet.path('own'));
    symlinkSync('../place/inner', fleet.path('own', 'link'));
    symlinkSync(fleet.path('own'), fleet.path('other'));
    symlinkSync('loop', fleet.path('loop'));
    const places = new Set([place]);
    const leads = (path: string): boolean => leadsInto(places, `${fleet.path()}/${path}`);
    for (const path of ['place', 'place/x', 'own/link', 'other/link/deep', 'own/../place/x'])
      expect(leads(path)).toBe(true);
    for (const path of ['own', 'other', 'places', 'loop', 'missing/../place']) expect(leads(path)).toBe(false);
    return Promise.resolve();
  });
});

test.skipIf(lacksMute)(
  'a start whose folder or program does not answer fails with the reason, delays no other, and succeeds later (needs root and /dev/fuse)',
  async () => {
    const workers = {
      web: {...sleeper, cwd: 'mute/d'},
      tool: {run: ['./link', '1000'], backoff},
      other: sleeper,
    };
    await using(new TestFleet({fleet: 't', workers}), async fleet => {
      // The contents of the folder once the mount is gone.
      mkdirSync(fleet.path('mute', 'd'), {recursive: true});
      symlinkSync('/bin/sleep', fleet.path('mute', 'd', 'sleep'));
      symlinkSync('mute/d/sleep', fleet.path('link'));
      await withMute(fleet.path('mute'), 'lookup', async asked => {
        fleet.up();
        await fleet.status('other', 'ready');
        const {keeper, controller} = fleet;
        await until('somebody to wait', () => asked() > 0);
        const {pid} = fleet.worker('other');
        process.kill(pid!, 'SIGKILL');
        await fleet.successor('other', pid!);
        for (const name of ['web', 'tool'])
          await until(`a failure of ${name}`, () => fleet.events('spawn-failed').some(({worker}) => worker === name));
        const said = fleet.events('spawn-failed').map(({message}) => String(message));
        expect(said).toContain(`can't look for sleep, to run in ${fleet.path('mute/d')}: no answer within 5s`);
        expect(said).toContain(`can't look for ./link, to run in ${fleet.path()}: no answer within 5s`);
        expect([fleet.keeper, fleet.controller]).toEqual([keeper, controller]);
      });
      for (const name of ['web', 'tool']) await fleet.status(name, 'ready');
      expect(readlinkSync(`/proc/${fleet.worker('web').pid}/cwd`)).toBe(fleet.path('mute', 'd'));
    });
  },
);

test.skipIf(lacksMute)(
  'a worker on such a file system that answers is the same as elsewhere (needs root and /dev/fuse)',
  async () => {
    const env = {'dotted.name': 'a b', QUOTE: "it's"};
    const web = {run: ['sleep', '1000'], cwd: 'mute', env, backoff};
    const missing = {run: ['sleep', '1000'], cwd: 'mute/none', backoff};
    await using(new TestFleet({fleet: 't', workers: {web, missing}}), async fleet => {
      mkdirSync(fleet.path('mute'));
      await withMute(fleet.path('mute'), 'read', async () => {
        fleet.up();
        const {pid} = await fleet.status('web', 'ready');
        const of = (name: string): string[] => readFileSync(`/proc/${pid}/${name}`, 'latin1').split('\0');
        await until('its program', () => of('cmdline').includes('1000') && !of('cmdline').includes('-s'));
        expect(readlinkSync(`/proc/${pid}/cwd`)).toBe(fleet.path('mute'));
        expect(of('environ')).toEqual(expect.arrayContaining(['dotted.name=a b', "QUOTE=it's", 'BROOD_INSTANCE=1']));
        expect(readlinkSync(`/proc/${pid}/fd/0`)).toBe('/dev/null');
        const failed = await until('the failure', () => fleet.events('spawn-failed')[0]);
        expect(failed['message']).toBe(
          `its working directory ${fleet.path('mute', 'none')} does not exist or can't be entered`,
        );
        expect(fleet.run('down').code).toBe(0);
      });
    });
  },
);

test.skipIf(lacksMute)(
  'an env_file that does not answer fails the start with a reason, and paths there are not watched, which is reported at once (needs root and /dev/fuse)',
  async () => {
    const workers = {
      web: {...sleeper, env_file: 'mute/web.env'},
      dev: {...sleeper, watch: ['mute/src', 'tree', 'other', 'link']},
    };
    const files = {'tree/a/b': '', 'other/node_modules/x/y': '', 'other/z': ''};
    await using(new TestFleet({fleet: 't', workers}, files), async fleet => {
      symlinkSync('mute/f', fleet.path('other', 'link'));
      symlinkSync('mute', fleet.path('link'));
      await withMute(fleet.path('tree', 'a', 'mount'), 'lookup', () =>
        withMute(fleet.path('other', 'node_modules', 'x', 'mount'), 'lookup', () =>
          withMute(fleet.path('mute'), 'lookup', async asked => {
            expect(fleet.run('check').err).toMatch(/watch\[0\]: .*mute\/src is on a file system that may hang/);
            fleet.up();
            const {pid} = await fleet.status('dev', 'ready');
            const {controller} = fleet;
            const problems = await until('the watch', () => {
              const {watch} = (fleet.json('status', 'dev') as {instances: InstanceDetail[]}).instances[0]!;
              return watch?.watching === true && watch.problems.length === 3 && watch.problems;
            });
            const why = 'on a file system that may hang, such as a network one: changes are not detected';
            expect(problems.map(({message}) => message)).toEqual([
              `${fleet.path('mute', 'src')} is ${why}`,
              `${fleet.path('tree')} contains ${fleet.path('tree', 'a', 'mount')}, ${why}`,
              `${fleet.path('link')} is ${why}`,
            ]);
            expect(fleet.run('doctor').out).toContain('not-watched');
            const failed = await until('the failure', () => fleet.events('spawn-failed')[0]);
            expect(failed['message']).toBe(
              `env_file ${fleet.path('mute', 'web.env')} can't be read: no answer within 5s`,
            );
            fleet.write('new', 'other/z');
            await fleet.successor('dev', pid!);
            expect(fleet.controller).toBe(controller);
            await until('somebody to have waited', () => asked() > 0);
          }),
        ),
      );
      fleet.write('A=1', 'mute/web.env');
      await fleet.status('web', 'ready');
    });
  },
);
