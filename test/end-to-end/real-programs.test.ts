/** nginx, redis and Python's web server under brood, unmodified, each with its own habits. */
import {accessSync, constants} from 'node:fs';
import {connect} from 'node:net';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {TestFleet, until} from './harness.ts';
import {freePort} from './ports.ts';
import {commandLine, everyProcess, lives, look, send, type Seen} from './processes.ts';

function programNamed(name: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'];
  for (const folder of folders) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

const programs = {nginx: programNamed('nginx'), redis: programNamed('redis-server'), python: programNamed('python3')};
const missing = Object.entries(programs).flatMap(([name, path]) => (path === null ? [name] : []));
const reason = missing.length === 0 ? '' : ` (skipped: ${missing.join(', ')} not installed)`;
if (reason !== '') console.warn(`real programs${reason}`);

interface Ports {
  readonly nginx: number;
  readonly redis: number;
  readonly python: number;
}

const nginxConf = (port: number, behind: number): string => `
daemon off;
worker_processes 2;
pid nginx.pid;
error_log stderr;
${process.getuid?.() === 0 ? 'user root root;' : ''}
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp; uwsgi_temp_path tmp; scgi_temp_path tmp;
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://127.0.0.1:${behind}; }
  }
}
`;

const freePorts = async (): Promise<Ports> => ({
  nginx: await freePort(),
  redis: await freePort(),
  python: await freePort(),
});

function fleetOn(ports: Ports): TestFleet {
  const {nginx, redis, python} = programs;
  return new TestFleet(
    {
      fleet: 'real',
      workers: {
        nginx: {
          run: [nginx, '-p', '.', '-e', 'stderr', '-c', 'nginx.conf'],
          ready: {tcp: ports.nginx},
          after: ['python'],
          stop: {signal: 'SIGQUIT', timeout: '5s'},
        },
        redis: {
          run: [redis, '--port', String(ports.redis), '--bind', '127.0.0.1', '--dir', 'data', '--daemonize', 'no'],
          ready: {tcp: ports.redis},
        },
        python: {
          run: [python, '-u', '-m', 'http.server', String(ports.python), '--bind', '127.0.0.1', '-d', 'pages'],
          ready: {tcp: ports.python},
          after: ['redis'],
        },
      },
    },
    {'nginx.conf': nginxConf(ports.nginx, ports.python), 'pages/hello.txt': 'hello', 'data/.keep': ''},
  );
}

const get = async (port: number): Promise<string> => {
  const response = await fetch(`http://127.0.0.1:${port}/hello.txt`, {
    headers: {connection: 'close'},
    signal: AbortSignal.timeout(5000),
  });
  return `${response.status} ${await response.text()}`;
};

/** Sends a command by RESP, the protocol of redis; returns the reply. */
const redisSays = (port: number, command: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`));
    socket.setTimeout(5000, () => socket.destroy(new Error('redis does not answer')));
    socket.once('data', data => {
      socket.destroy();
      resolve(data.toString());
    });
    socket.once('error', reject);
  });

/** Returns a process and all its descendants. */
function treeOf(pid: number): Seen[] {
  const all = everyProcess();
  const tree = all.filter(seen => seen.pid === pid);
  for (const parent of tree) tree.push(...all.filter(({ppid}) => ppid === parent.pid));
  return tree;
}

const gone = ({pid, startTime}: Seen): boolean => look(pid)?.startTime !== startTime || !lives(pid);

describe.skipIf(missing.length > 0)(`nginx, redis and python under brood${reason}`, () => {
  test('start in order, are restarted when killed, serve again, and leave no process when stopped', async () => {
    const ports = await freePorts();
    await using fleet = fleetOn(ports);
    const serves = {
      nginx: async () => (await get(ports.nginx)) === '200 hello',
      python: async () => (await get(ports.python)) === '200 hello',
      redis: async () => (await redisSays(ports.redis, 'PING')) === '+PONG\r\n',
    };
    fleet.up('--wait');

    const order = fleet.events('ready').map(({worker}) => worker);
    expect(order).toEqual(['redis', 'python', 'nginx']);
    for (const serving of Object.values(serves)) expect(await serving()).toBe(true);

    for (const name of ['nginx', 'redis', 'python'] as const) {
      const {pid} = fleet.worker(name);
      const tree = treeOf(pid!);
      // nginx serves from child processes, which survive its own death.
      if (name === 'nginx') expect(tree.length).toBe(3);
      send(tree[0]!, 'SIGKILL');
      const {restarts} = await fleet.successor(name, pid!);
      expect(restarts).toBe(1);
      expect(tree.filter(seen => !gone(seen))).toEqual([]);
      await until(`${name} to serve again`, serves[name]);
      const spawned = fleet.events('spawned').filter(({worker}) => worker === name);
      expect(spawned.length).toBe(2);
    }
    // No kill ended another worker: each port is held by the second run alone.
    expect(fleet.ps().workers.map(({id, restarts, status}) => [id, restarts, status])).toEqual([
      ['nginx/1', 1, 'ready'],
      ['redis/1', 1, 'ready'],
      ['python/1', 1, 'ready'],
    ]);

    const everything = fleet.tagged();
    expect(everything.some(({pid}) => /^nginx: worker/.test(commandLine(pid)[0] ?? ''))).toBe(true);
    const down = fleet.run('down');
    expect(down.code, down.err).toBe(0);
    expect(everything.filter(seen => !gone(seen))).toEqual([]);
    expect(fleet.tagged()).toEqual([]);
    for (const serving of Object.values(serves)) await expect(serving()).rejects.toThrow();
  });

  test('outlive the keeper and the controller: the same processes serve, and can still be stopped', async () => {
    const ports = await freePorts();
    await using fleet = fleetOn(ports);
    fleet.up('--wait');
    expect(await redisSays(ports.redis, 'SET fruit pear')).toBe('+OK\r\n');
    const before = fleet.ps();
    const {pid, controller} = before.supervisor;
    for (const signal of ['SIGSTOP', 'SIGKILL'] as const)
      for (const victim of [pid, controller]) process.kill(victim, signal);
    await until('a new keeper', () => fleet.keeper !== pid);
    const after = await fleet.ready('nginx', 'redis', 'python');

    expect(after.map(worker => worker.pid)).toEqual(before.workers.map(worker => worker.pid));
    expect(await get(ports.nginx)).toBe('200 hello');
    expect(await redisSays(ports.redis, 'GET fruit')).toBe('$4\r\npear\r\n');
    const everything = fleet.tagged();
    const stopped = fleet.run('stop', 'nginx', 'redis', 'python');
    expect(stopped.code, stopped.out + stopped.err).toBe(0);
    const supervisor = Object.values(fleet.ps().supervisor);
    expect(everything.filter(seen => !gone(seen) && !supervisor.includes(seen.pid))).toEqual([]);
  });
});
