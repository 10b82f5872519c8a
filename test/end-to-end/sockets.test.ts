/** Listening sockets that workers inherit: no connection is refused while processes are lost or replaced. */
import {existsSync, statSync, writeFileSync} from 'node:fs';
import {connect, createServer, type AddressInfo} from 'node:net';
import {expect, test} from 'vitest';
import {freePort} from './ports.ts';
import {refused, TestFleet, until} from './harness.ts';
import {installation, runOf} from './installation.ts';
import {using} from './wrapped.ts';

/** Answers each connection with its pid, and writes the variables that describe the socket to `given.PID`. */
const SERVER = `
const {LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES, BROOD_FD_HTTP_API} = process.env;
require('node:fs').writeFileSync('given.' + process.pid, JSON.stringify({
  fds: LISTEN_FDS, names: LISTEN_FDNAMES, own: LISTEN_PID === String(process.pid), fd: BROOD_FD_HTTP_API,
}));
require('node:net').createServer(socket => socket.end(String(process.pid))).listen({fd: 3});
`;
const server = {run: ['node', 'server.js'], channels: ['http-api']};
const fleetOf = (socket: unknown, instances = 2): object => ({
  fleet: 't',
  workers: {web: {...server, instances}},
  channels: {'http-api': {socket}},
});

/** Connects; returns the pid that the server sends. Rejects if the connection is refused. */
const ask = (to: number | string): Promise<number> =>
  new Promise((resolve, reject) => {
    const socket = typeof to === 'number' ? connect(to, '127.0.0.1') : connect(to);
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    socket.on('error', reject).on('close', () => resolve(Number(text)));
  });

/** Connects without a pause until `stop`, which returns the number of answers and the errors. */
function hammer(to: number | string): {stop(): Promise<{answered: number; refused: string[]}>} {
  const state = {over: false};
  const refused: string[] = [];
  let answered = 0;
  const run = (async () => {
    while (!state.over) {
      try {
        await ask(to);
        answered++;
      } catch (error) {
        refused.push(String(error));
      }
    }
  })();
  return {
    async stop() {
      state.over = true;
      await run;
      return {answered, refused};
    },
  };
}

// A new keeper needs these calls to fetch a socket that only workers still hold.
const canFetch = !refused('pidfd_open') && !refused('pidfd_getfd');

test.skipIf(!canFetch)(
  'workers inherit a socket as in sd_listen_fds(3); no connection is refused while keeper and controller are lost or replaced',
  async () => {
    const port = await freePort();
    await using(new TestFleet(fleetOf(port), {'server.js': SERVER}), async fleet => {
      expect(fleet.run('check').out).not.toContain('no effect');
      fleet.up('--wait');
      const before = fleet.ps();
      const pids = before.workers.map(({pid}) => pid!);
      const given = await until('what they were given', () =>
        pids.map(pid => fleet.read(`given.${pid}`)).every(Boolean) ? fleet.read(`given.${pids[0]}`) : null,
      );
      expect(JSON.parse(given)).toEqual({fds: '1', names: 'http-api', own: true, fd: '3'});
      const asking = hammer(port);
      process.kill(before.supervisor.controller, 'SIGKILL');
      await until('the next controller', () => fleet.controller !== before.supervisor.controller);
      process.kill(before.supervisor.pid, 'SIGKILL');
      await until('the next keeper', () => fleet.keeper !== before.supervisor.pid);
      // The new keeper has the socket, too: a worker that it starts inherits the socket.
      process.kill(pids[0]!, 'SIGKILL');
      const successor = await fleet.successor('web/1', pids[0]!);
      const other = installation(fleet, 'other', {'keeper.cjs': '//'});
      expect((await runOf(fleet, other, {}, 'upgrade')).code).toBe(0);
      process.kill(pids[1]!, 'SIGKILL');
      const second = await fleet.successor('web/2', pids[1]!);
      const {answered, refused: failures} = await asking.stop();
      // A connection that a killed worker had accepted is reset; none is refused.
      expect(failures.filter(text => text.includes('ECONNREFUSED'))).toEqual([]);
      expect(answered).toBeGreaterThan(0);
      const seen = new Set<number>();
      await until('both to answer', async () => {
        seen.add(await ask(port));
        return seen.has(successor.pid!) && seen.has(second.pid!);
      });
      expect(fleet.run('down').code).toBe(0);
      await expect(ask(port)).rejects.toThrow('ECONNREFUSED');
    });
  },
);

test('connections wait while the only instance is restarted', async () => {
  const port = await freePort();
  await using(new TestFleet(fleetOf(`127.0.0.1:${port}`, 1), {'server.js': SERVER}), async fleet => {
    fleet.up('--wait');
    const {pid} = fleet.worker('web');
    const asking = hammer(port);
    expect((await fleet.runAsync('restart', 'web')).code).toBe(0);
    fleet.run('stop', 'web');
    const waiting = ask(port);
    fleet.run('start', 'web');
    const {refused: failures} = await asking.stop();
    expect(failures.filter(text => text.includes('ECONNREFUSED'))).toEqual([]);
    expect(await waiting).toBe(fleet.worker('web').pid);
    expect(fleet.worker('web').pid).not.toBe(pid);
  });
});

test('an address on which another program listens is reported, and retried', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await until('the other program', () => other.listening);
  const {port} = other.address() as AddressInfo;
  try {
    await using(new TestFleet(fleetOf(port, 1), {'server.js': SERVER}), async fleet => {
      fleet.up();
      const [failed] = await until('the failure', () => {
        const all = fleet.events('spawn-failed');
        return all.length > 0 ? all : null;
      });
      // Without pidfd_getfd the owner of the socket can't be determined.
      const whose = refused('pidfd_getfd') ? 'program, or a worker that an earlier keeper started,' : 'program';
      expect(String(failed!['message'])).toContain(`can't listen on 127.0.0.1:${port}: another ${whose} listens there`);
      other.close();
      await fleet.status('web', 'ready', 60_000);
    });
  } finally {
    other.close();
  }
});

test('a unix socket is private, replaces a stale one, and is gone after down', async () => {
  await using(new TestFleet(fleetOf('./web.sock'), {'server.js': SERVER}), async fleet => {
    const path = fleet.path('web.sock');
    for (const round of [1, 2]) {
      fleet.up('--wait');
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(fleet.ps().workers.map(({pid}) => pid)).toContain(await ask(path));
      if (round === 1) {
        fleet.killSupervisor();
        for (const {pid} of fleet.named('node')) process.kill(pid, 'SIGKILL');
        await until('all to be gone', () => fleet.named('node').length === 0);
        expect(existsSync(path)).toBe(true);
      }
    }
    expect(fleet.run('down').code).toBe(0);
    expect(existsSync(path)).toBe(false);
  });
});

test('apply restarts the workers of a changed channel with the new socket, and closes the old one', async () => {
  const [first, second] = [await freePort(), await freePort()];
  await using(new TestFleet(fleetOf(first, 1), {'server.js': SERVER}), async fleet => {
    fleet.up('--wait');
    const {pid} = fleet.worker('web');
    writeFileSync(fleet.path('brood.yaml'), JSON.stringify(fleetOf(second, 1)));
    expect(fleet.run('apply').code).toBe(0);
    expect(await ask(second)).toBe(fleet.worker('web').pid);
    expect(fleet.worker('web').pid).not.toBe(pid);
    await until('the old one to be closed', () =>
      ask(first).then(
        () => false,
        () => true,
      ),
    );
  });
});
