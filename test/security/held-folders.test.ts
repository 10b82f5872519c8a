/** A user who may read a folder can hold its lock: nothing can be made or removed in it then, and nothing waits. */
import {spawnSync} from 'node:child_process';
import {readFileSync, statSync} from 'node:fs';
import {dirname} from 'node:path';
import {expect, test, vi} from 'vitest';
import {TestFleet} from '../end-to-end/harness.ts';
import {using} from '../end-to-end/wrapped.ts';
import {lacksMute, withHeldFolder} from './hostile-files.ts';

vi.setConfig({testTimeout: 120_000});

/** A Python that every user may run. */
const PYTHON = '/usr/bin/python3';
const lacks =
  lacksMute || (!/^nobody:/m.test(readFileSync('/etc/passwd', 'utf8')) && 'needs the account nobody') || false;

const quick = {first: '0s', initial: '50ms', max: '200ms'};
const run = [
  PYTHON,
  '-c',
  'import os,socket,time; s=socket.socket(1,2); s.connect(os.environ["NOTIFY_SOCKET"]); s.send(b"READY=1"); time.sleep(1000)',
];
const speaker = {run, user: 'nobody', ready: {notify: true}, cwd: '/', backoff: quick};
/** Runs a command with a /run of its own. */
const apart = ['unshare', '-m', 'sh', '-c', 'mount -t tmpfs -o mode=755 none /run && exec "$@"', 'sh'];

test.skipIf(lacks)(
  'workers with notify sockets in /run are restarted while its lock is held, and the fleet ends (needs root and /dev/fuse)',
  async () => {
    await using(new TestFleet({fleet: 't', workers: {web: speaker}}, {}, apart), async fleet => {
      fleet.up('--wait');
      const {keeper} = fleet;
      const enter = ['nsenter', `--mount=/proc/${keeper}/ns/mnt`];
      const hold = async (): Promise<void> => {
        const {pid} = fleet.worker('web');
        process.kill(pid!, 'SIGKILL');
        await fleet.successor('web', pid!);
        expect(fleet.keeper).toBe(keeper);
        expect(fleet.run('down').code).toBe(0);
      };
      await withHeldFolder('/run', fleet.path('mute'), hold, enter);
    });
  },
);

test.skipIf(lacks)('the cgroups of a fleet can be read by no other user', async () => {
  await using(new TestFleet({fleet: 't', workers: {web: {run: ['sleep', '1000']}}}), fleet => {
    fleet.up('--wait');
    const path = /^0::(.*)$/m.exec(readFileSync(`/proc/${fleet.worker('web').pid}/cgroup`, 'utf8'))?.[1] ?? '';
    const mount =
      spawnSync('findmnt', ['-nt', 'cgroup2', '-o', 'TARGET'], {encoding: 'utf8'}).stdout.split('\n')[0] ?? '';
    const own = `${mount}${path}`;
    for (const folder of [own, dirname(own)]) expect(`${folder} ${statSync(folder).mode & 0o044}`).toBe(`${folder} 0`);
  });
});
