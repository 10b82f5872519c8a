/** Each kind of channel, made by a program, compared with the kernel's tools for the same processes. */
import {describe, expect, test} from 'vitest';
import {readChannels} from '../../src/ipc/graph.ts';
import type {Channel} from '../../src/ipc/types.ts';
import {
  channelsOf,
  hasIpcs,
  hasIpv6,
  hasLsof,
  hasPython,
  hasSs,
  holding,
  number,
  numbers,
  pidsOf,
  shared,
  tool,
} from './fixture.ts';

const modes = (channel: Channel, pid: number): string[] =>
  channel.ends.filter(end => end.pid === pid).map(({mode}) => mode);

/** Returns the rows of a tool's table that contain all these words. */
const rows = (text: string, ...words: (string | number)[]): string[] =>
  text.split('\n').filter(line => words.every(word => new RegExp(`(^|[^\\d])${word}([^\\d]|$)`).test(line)));

/** `lsof +E` lists the processes at the other ends after each descriptor: `4711,python3,5w`. */
const endpointsByLsof = (pid: number): string => tool('lsof', '-nP', '+E', '-a', '-p', String(pid));

describe.skipIf(!hasPython)('each kind of channel (python3 is needed)', () => {
  test('pipe: the writer and the reader agree with lsof +E', () =>
    holding('pipe', told => {
      const [reader, writer] = [number(told, 'reader'), number(told, 'writer')];
      const pipe = shared('pipe', reader, writer);
      expect(pipe).toMatchObject({id: `pipe:[${number(told, 'inode')}]`, name: null});
      expect(modes(pipe, reader)).toEqual(['r']);
      expect(modes(pipe, writer)).toEqual(['w']);
      if (hasLsof) {
        const end = pipe.ends.find(({pid}) => pid === writer)!;
        expect(rows(endpointsByLsof(reader), number(told, 'inode')).join()).toMatch(
          new RegExp(`${writer},[^,]*,${end.fd}w`),
        );
      }
    }));

  test('FIFO: its name is its path, with any characters', () =>
    holding('fifo', told => {
      const [reader, writer] = [number(told, 'reader'), number(told, 'writer')];
      const fifo = shared('fifo', reader, writer);
      expect(fifo.name).toBe(told['path']);
      expect([modes(fifo, reader), modes(fifo, writer)]).toEqual([['r'], ['w']]);
      if (hasLsof) expect(endpointsByLsof(reader)).toMatch(new RegExp(`FIFO.*${writer},[^,]*,\\d+w`));
    }));

  test('unix socket pair: both ends are one channel, in agreement with ss', () =>
    holding('unix-pair', told => {
      const pids = numbers(told, 'pids');
      const [a = 0, b = 0] = numbers(told, 'inodes');
      const pair = shared('unix', ...pids);
      expect(pair).toMatchObject({id: `unix:[${a},${b}]`, name: null, detail: {type: 'stream', state: 'established'}});
      expect(pair.ends.map(({pid, socket}) => [pid, socket]).sort()).toEqual(
        [
          [pids[0], a],
          [pids[1], b],
        ].sort(),
      );
      if (hasSs) expect(rows(tool('ss', '-xap'), a, b, `pid=${pids[0]}`)).toHaveLength(1);
      if (hasLsof) expect(rows(endpointsByLsof(pids[0]!), a).join()).toContain(`${pids[1]},`);
    }));

  test.each(['unix-named', 'unix-abstract'])('%s: the name is that of the listener, which is also listed', kind =>
    holding(kind, told => {
      const [server, client] = [number(told, 'server'), number(told, 'client')];
      const connection = shared('unix', server, client);
      expect(connection.name).toBe(told['name']);
      const listener = channelsOf('unix', server).find(({detail}) => detail['state'] === 'listen');
      expect(listener).toMatchObject({name: told['name'], ends: [{pid: server}]});
      if (hasSs) {
        const sockets = connection.ends.map(({socket}) => socket ?? 0);
        expect(rows(tool('ss', '-xap'), ...sockets)).toHaveLength(2);
      }
    }),
  );

  test('unix: a client not yet accepted is connected to the listener', () =>
    holding('unix-pending', told => {
      const pending = shared('unix', number(told, 'server'), number(told, 'client'));
      expect(pending).toMatchObject({name: told['name'], detail: {state: 'not accepted yet'}});
    }));

  test('unix datagrams: each client is connected to its receiver', () =>
    holding('unix-datagram', told => {
      for (const client of numbers(told, 'clients')) {
        const channel = shared('unix', number(told, 'server'), client);
        expect(channel).toMatchObject({name: told['name'], detail: {type: 'dgram'}});
        expect(pidsOf(channel.ends)).toEqual([number(told, 'server'), client].sort((a, b) => a - b));
      }
      const server = channelsOf('unix', number(told, 'server')).find(({ends}) => ends.length === 1);
      expect(server).toMatchObject({name: told['name'], detail: {state: 'unconnected'}});
    }));

  test.each([
    ['tcp', '127.0.0.1'],
    ...(hasIpv6
      ? [
          ['tcp6', '[::1]'],
          ['tcp-mapped', '127.0.0.1'],
        ]
      : []),
  ] as [string, string][])(
    '%s on loopback: the client is first, and both ends are one channel, in agreement with ss',
    (kind, host) =>
      holding(kind, told => {
        const [server, client] = [number(told, 'server'), number(told, 'client')];
        const [port, clientPort] = [number(told, 'port'), number(told, 'clientPort')];
        const connection = shared('tcp', server, client);
        expect(connection.detail).toMatchObject({
          local: `${host}:${clientPort}`,
          remote: `${host}:${port}`,
          state: 'ESTABLISHED',
        });
        expect(connection.ends.map(({pid}) => pid)).toEqual([client, server]);
        const listener = channelsOf('tcp', server).find(({detail}) => detail['state'] === 'LISTEN');
        expect(listener?.ends.map(({pid}) => pid)).toEqual([server]);
        if (hasSs) {
          const seen = rows(tool('ss', '-tanpe'), port, clientPort);
          for (const {pid, fd, socket} of connection.ends)
            expect(
              seen.filter(line => line.includes(`pid=${pid},fd=${fd}`) && line.includes(`ino:${socket}`)),
            ).toHaveLength(1);
        }
      }),
  );

  test('tcp: a connection not yet accepted has one end', () =>
    holding('tcp-pending', told => {
      const channels = channelsOf('tcp', number(told, 'client'));
      expect(channels).toMatchObject([{ends: [{pid: number(told, 'client')}], detail: {peer: 'not accepted yet'}}]);
    }));

  test('udp: two sockets connected to each other are one channel', () =>
    holding('udp', told => {
      const pids = numbers(told, 'pids');
      const [a, b] = numbers(told, 'ports');
      const channel = shared('udp', ...pids);
      expect(pidsOf(channel.ends)).toEqual([...pids].sort((x, y) => x - y));
      expect(channel.ends).toHaveLength(2);
      if (hasSs) expect(rows(tool('ss', '-uanp'), a!, b!)).toHaveLength(2);
    }));

  test("udp: a socket connected to another one's address shares a channel with it", () =>
    holding('udp-bound', told => {
      const [server, client] = [number(told, 'server'), number(told, 'client')];
      expect(shared('udp', server, client).detail).toMatchObject({remote: `127.0.0.1:${number(told, 'port')}`});
      const alone = channelsOf('udp', server).find(({detail}) => detail['state'] === 'UNCONNECTED');
      expect(alone).toMatchObject({name: `0.0.0.0:${number(told, 'port')}`});
    }));

  test('shared memory: a mapping without a descriptor is found, with the read-only side', () =>
    holding('shm', told => {
      const [writer, reader] = [number(told, 'writer'), number(told, 'reader')];
      const memory = shared('shm', writer, reader);
      expect(memory).toMatchObject({name: told['path'], detail: {bytes: 8192}});
      expect([modes(memory, writer), modes(memory, reader)]).toEqual([['rw'], ['r']]);
      expect(memory.id).toContain(`:${number(told, 'inode')}]`);
      if (hasLsof) expect(rows(tool('lsof', '-nP', '-p', String(reader)), number(told, 'inode'))).not.toEqual([]);
    }));

  test('anonymous memory inherited by a child is shared', () =>
    holding('shm-anonymous', told => {
      expect(shared('shm', ...numbers(told, 'pids')).name).toBeNull();
    }));

  test('memory that is open but not mapped (memfd) is shared', () =>
    holding('memfd', told => {
      const memory = shared('shm', ...numbers(told, 'pids'));
      expect(memory).toMatchObject({name: 'memfd:brood-test', detail: {bytes: 4096}});
      expect(memory.ends.map(({fd}) => fd)).toEqual([number(told, 'fd'), number(told, 'fd')]);
    }));

  test('POSIX semaphore: its value and the number of waiters are read', () =>
    holding('posix-semaphore', told => {
      const semaphore = shared('shm', ...numbers(told, 'pids'));
      expect(semaphore).toMatchObject({name: told['path'], detail: {semaphore: {value: 0, waiters: 1}}});
    }));

  test('System V shared memory agrees with ipcs -m -p', () =>
    holding('sysv-shm', told => {
      const pids = numbers(told, 'pids');
      const segment = shared('sysv-shm', ...pids);
      expect(segment).toMatchObject({
        id: `sysv-shm:[${number(told, 'id')}]`,
        detail: {bytes: 8192, attached: 2, creator: pids[0]},
      });
      if (hasIpcs) {
        const [row = ''] = tool('ipcs', '-m', '-p')
          .split('\n')
          .filter(line => line.startsWith(`${number(told, 'id')} `));
        expect(row.trim().split(/\s+/).slice(2).map(Number)).toEqual([
          segment.detail['creator'],
          segment.detail['lastPid'],
        ]);
      }
    }));

  test('System V message queue: its depth, the sender and the waiter agree with ipcs -q', () =>
    holding('sysv-msg', told => {
      const [sender, receiver] = [number(told, 'sender'), number(told, 'receiver')];
      const queue = shared('sysv-msg', sender, receiver);
      expect(queue).toMatchObject({
        id: `sysv-msg:[${number(told, 'id')}]`,
        detail: {messages: 2, bytes: 12, lastSender: sender, waiters: [receiver]},
      });
      expect([modes(queue, sender), modes(queue, receiver)]).toEqual([['w'], ['r']]);
      if (hasIpcs) {
        const [row = ''] = tool('ipcs', '-q')
          .split('\n')
          .filter(line => line.split(/\s+/)[1] === String(told['id']));
        expect(row.trim().split(/\s+/).slice(-2).map(Number)).toEqual([12, 2]);
        const [pids = ''] = tool('ipcs', '-q', '-p')
          .split('\n')
          .filter(line => line.startsWith(`${number(told, 'id')} `));
        expect(pids.trim().split(/\s+/)[2]).toBe(String(sender));
      }
    }));

  test('System V semaphores: their values and the waiter agree with ipcs -s -i', () =>
    holding('sysv-sem', told => {
      const [user, waiter] = [number(told, 'user'), number(told, 'waiter')];
      const semaphores = shared('sysv-sem', user, waiter);
      expect(semaphores.detail).toEqual({semaphores: 2, values: [3, 0], waiting: 1, waiters: [waiter]});
      if (hasIpcs) {
        const lines = tool('ipcs', '-s', '-i', String(told['id']))
          .split('\n')
          .map(line => line.trim().split(/\s+/));
        // semnum value ncount zcount pid
        expect(lines.find(([first]) => first === '0')).toEqual(['0', '3', '0', '0', String(user)]);
        expect(lines.find(([first]) => first === '1')?.slice(0, 4)).toEqual(['1', '0', '1', '0']);
      }
    }));

  test('POSIX message queue: its depth is read, and a read-only holder recognized', () =>
    holding('mqueue', told => {
      const [owner, reader] = [number(told, 'owner'), number(told, 'reader')];
      const queue = shared('mqueue', owner, reader);
      expect(queue).toMatchObject({name: told['name'], detail: {messages: 2, bytes: 8, maxMessages: 10}});
      expect([modes(queue, owner), modes(queue, reader)]).toEqual([['rw'], ['r']]);
    }));

  test('event counter: it is shared with a child, and its count is read', () =>
    holding('eventfd', told => {
      const pids = numbers(told, 'pids');
      const counter = shared('eventfd', ...pids);
      expect(counter.detail).toEqual({count: 5});
      expect(counter.ends.map(({fd}) => fd)).toEqual([number(told, 'fd'), number(told, 'fd')]);
      // Before 4.96 lsof has no endpoints for these.
      if (hasLsof) expect(tool('lsof', '-nP', '-p', String(pids[0]))).toMatch(/eventfd/);
    }));

  test('pty: the master and the user of the terminal agree with lsof +E', () =>
    holding('pty', told => {
      const [master, terminal] = [number(told, 'master'), number(told, 'terminal')];
      const pty = shared('pty', master, terminal);
      expect(pty).toMatchObject({name: `/dev/pts/${number(told, 'index')}`, detail: {index: number(told, 'index')}});
      expect(pty.ends.map(({pid, side}) => [pid, side]).sort()).toEqual(
        [
          [master, 'master'],
          [terminal, 'terminal'],
        ].sort(),
      );
      if (hasLsof) expect(endpointsByLsof(terminal)).toMatch(new RegExp(`/dev/pts/.*${master},`));
    }));

  test('signals are listed by name, also those without one', () =>
    holding('signals', told => {
      const [channel] = channelsOf('signal', number(told, 'pid'));
      const detail = channel!.detail as Record<string, string[]>;
      expect(detail['pending']).toEqual(['SIGUSR1']);
      expect(detail['blocked']).toEqual(['SIGUSR1', 'SIGRTMIN+1']);
      expect(detail['ignored']).toContain('SIGUSR2');
      expect(detail['caught']).toContain('SIGUSR1');
    }));

  test('a hostile process name and a zombie beside it do no harm', () =>
    holding('hostile', told => {
      const pids = numbers(told, 'pids');
      const {processes, channels, denied} = readChannels({pids: new Set(pids)});
      expect(processes.find(({pid}) => pid === pids[0])).toMatchObject({name: ')\n\x1b]0;x\x07 (R 1'});
      expect(channels.filter(({kind}) => kind === 'pipe').flatMap(({ends}) => pidsOf(ends))).toEqual(
        expect.arrayContaining(pids),
      );
      expect(denied).not.toContain(told['zombie']);
    }));
});
