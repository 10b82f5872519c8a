/** Paths of `socket:` channels: controlled by another user, with a held lock, after the removal of the socket. */
import {chmodSync, chownSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {connect} from 'node:net';
import {expect, test, vi} from 'vitest';
import {TestFleet, until} from '../end-to-end/harness.ts';
import {isRoot, using} from '../end-to-end/wrapped.ts';
import {lacksMute, withHeldFolder} from './hostile-files.ts';
import {repaired, sweep} from './repairing.ts';

vi.setConfig({testTimeout: 120_000});

const quick = {first: '0s', initial: '50ms', max: '200ms'};
const sleeper = {run: ['sleep', '1000'], backoff: quick};

/** A fleet whose worker `web` inherits a socket at a path in the fleet's folder. */
function fleetOf(path: string, web: object = sleeper, files: Readonly<Record<string, string>> = {}): TestFleet {
  const fleet = new TestFleet('', files);
  const workers = {web: {...web, channels: ['http']}, other: sleeper};
  fleet.write({fleet: 't', workers, channels: {http: {socket: fleet.path(path)}}});
  return fleet;
}

const failures = (fleet: TestFleet): string[] => fleet.events('spawn-failed').map(({message}) => String(message));

test.skipIf(!isRoot)(
  'at a path that another user controls nothing is bound or followed, and check and the failed start report why (needs root)',
  async () => {
    const cases: [string, (fleet: TestFleet) => void, RegExp][] = [
      [
        'theirs/http.sock',
        fleet => {
          mkdirSync(fleet.path('theirs'));
          chownSync(fleet.path('theirs'), 64_321, 64_321);
        },
        /theirs, on the way to .*http\.sock, belongs to uid 64321/,
      ],
      [
        'open/http.sock',
        fleet => {
          mkdirSync(fleet.path('open'));
          chmodSync(fleet.path('open'), 0o777);
        },
        /open, on the way to .* can be changed by every user/,
      ],
      [
        'link/http.sock',
        fleet => {
          mkdirSync(fleet.path('theirs'));
          chownSync(fleet.path('theirs'), 64_321, 64_321);
          symlinkSync('theirs', fleet.path('link'));
        },
        /theirs, on the way to .*link\/http\.sock, belongs to uid 64321/,
      ],
    ];
    for (const [path, prepare, words] of cases) {
      await using(fleetOf(path), async fleet => {
        prepare(fleet);
        expect(fleet.run('check').err).toMatch(words);
        fleet.up();
        await until('the failure', () => failures(fleet).some(message => words.test(message)));
        await fleet.ready('other');
        expect(existsSync(fleet.path(path))).toBe(false);
        expect(fleet.run('down').code).toBe(0);
      });
    }
  },
);

test.skipIf(lacksMute)(
  'the held lock of a folder delays only the worker of the socket, whose failure names it (needs root and /dev/fuse)',
  async () => {
    await using(fleetOf('held/http.sock'), async fleet => {
      chmodSync(fleet.folder, 0o711);
      mkdirSync(fleet.path('held'));
      await withHeldFolder(fleet.path('held'), fleet.path('mute'), async () => {
        fleet.up();
        const [other] = await fleet.ready('other');
        const {keeper} = fleet;
        await until('the failure', () => failures(fleet).some(words => /http: not open after 5s/.test(words)));
        process.kill(other!.pid!, 'SIGKILL');
        await fleet.successor('other', other!.pid!);
        expect(fleet.keeper).toBe(keeper);
      });
      await fleet.status('web', 'ready', 60_000);
      expect(fleet.run('down').code).toBe(0);
      expect(readdirSync(fleet.path('held'))).toEqual([]);
    });
  },
);

const SERVER = `require('node:net').createServer(socket => socket.end(String(process.pid))).listen({fd: 3});`;

/** Returns the pid of the process that answers at a path. */
const ask = (path: string): Promise<number> =>
  new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(path, () => {});
    socket.setEncoding('utf8').on('data', (more: string) => (text += more));
    socket.on('error', reject).on('close', () => resolve(Number(text)));
  });

test('a removed socket is replaced by another one, with an event, and workers that get it one after another', async () => {
  const server = {run: ['node', 'server.js'], instances: 2, backoff: quick};
  await using(fleetOf('http.sock', server, {'server.js': SERVER}), async fleet => {
    const path = fleet.path('http.sock');
    const pids = (): (number | null)[] => ['web/1', 'web/2'].map(id => fleet.worker(id).pid);
    const count = (): number => repaired(fleet).filter(what => what === 'channel').length;
    fleet.up('--wait');
    const other = fleet.worker('other').pid;
    // In the second round, by a keeper that has fetched the socket from its workers.
    for (const round of [1, 2]) {
      const {keeper} = fleet;
      const before = pids();
      rmSync(path);
      await until('the event', () => {
        sweep(keeper);
        return count() === round;
      });
      for (const [at, id] of ['web/1', 'web/2'].entries()) await fleet.successor(id, before[at]!);
      expect(pids()).toContain(await ask(path));
      // At rest, nothing more happens.
      for (let times = 0; times < 3; times++) sweep(keeper);
      const {seq} = fleet.events().at(-1)!;
      sweep(keeper);
      fleet.ps();
      expect(fleet.events().at(-1)!.seq).toBe(seq);
      process.kill(keeper, 'SIGKILL');
      await until('another keeper', () => fleet.keeper !== keeper, 30_000);
    }
    expect(fleet.worker('other').pid).toBe(other);
    // A file that is no dead socket is left alone, and reported once.
    rmSync(path);
    writeFileSync(path, 'a file of somebody');
    await until('the event', () => {
      sweep(fleet.keeper);
      return fleet.events('channel-lost').length > 0;
    });
    rmSync(path);
    await until('the socket', () => {
      sweep(fleet.keeper);
      return count() === 3;
    });
    const lost = fleet.events('channel-lost').map(({channel, message}) => `${String(channel)}: ${String(message)}`);
    expect(lost).toEqual([expect.stringMatching(/^http: .*EADDRINUSE/)]);
    expect(fleet.run('down').code).toBe(0);
    expect(existsSync(path)).toBe(false);
  });
});

test('a replaced socket is not forgotten when keeper and controller are lost before its workers were restarted', async () => {
  const server = {run: ['node', 'server.js'], instances: 2, backoff: quick};
  await using(fleetOf('http.sock', server, {'server.js': SERVER}), async fleet => {
    const path = fleet.path('http.sock');
    fleet.up('--wait');
    const {controller, keeper} = fleet;
    const before = ['web/1', 'web/2'].map(id => fleet.worker(id).pid);
    process.kill(controller, 'SIGSTOP');
    rmSync(path);
    await until('the socket', () => {
      sweep(keeper);
      return existsSync(path);
    });
    for (const pid of [controller, keeper]) process.kill(pid, 'SIGKILL');
    await until('another keeper', () => fleet.keeper !== keeper, 30_000);
    await until('both to be replaced', () => {
      sweep(fleet.keeper);
      return ['web/1', 'web/2'].every((id, at) => fleet.worker(id).pid !== before[at]);
    });
    const ready = (await fleet.ready('web/1', 'web/2')).map(({pid}) => pid);
    expect(ready).toContain(await ask(path));
    expect(fleet.run('down').code).toBe(0);
    expect(existsSync(path)).toBe(false);
  });
});
