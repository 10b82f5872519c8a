/** The matching of ends, in simulated snapshots and trees of files. */
import fc from 'fast-check';
import {mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {readChannels} from '../../src/ipc/graph.ts';
import {tcp} from '../../src/ipc/tcp.ts';
import {udp} from '../../src/ipc/udp.ts';
import type {Snapshot} from '../../src/ipc/snapshot.ts';
import type {End} from '../../src/ipc/types.ts';
import {pidsOf} from './fixture.ts';

const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');
const V4 = '0100007F';
const MAPPED = `0000000000000000FFFF0000${V4}`;

/** Returns a line of /proc/net/tcp or tcp6. */
const line = (host: string, local: number, remote: number, state: string, inode: number): string =>
  ` 0: ${host}:${hex(local)} ${remote === 0 ? '0'.repeat(host.length) : host}:${hex(remote)} ${state} 0:0 0:0 0 0 0 ${inode}\n`;

function snapshotOf(sockets: ReadonlyMap<number, readonly End[]>, files: Readonly<Record<string, string>>): Snapshot {
  const none = new Map<number, never>();
  return {
    root: '/nowhere',
    pipes: none,
    sockets,
    files: [],
    eventfds: [],
    mappings: [],
    statuses: none,
    denied: [],
    leftOut: [],
    leaveOut: () => undefined,
    process: () => null,
    text: (pid, path) => (pid === null ? (files[path] ?? null) : null),
  };
}

interface Connection {
  readonly ports: readonly [number, number];
  /** The holders of either side; none: the side is invisible. */
  readonly holders: readonly [readonly number[], readonly number[]];
  /** Whether either side is listed as IPv6. */
  readonly mapped: readonly [boolean, boolean];
}

const pids = fc.uniqueArray(fc.integer({min: 1, max: 9_999_999}), {maxLength: 3});
const connections = fc
  .uniqueArray(
    fc.record({
      ports: fc.tuple(fc.integer({min: 1, max: 30_000}), fc.integer({min: 30_001, max: 65_535})),
      holders: fc.tuple(pids, pids),
      mapped: fc.tuple(fc.boolean(), fc.boolean()),
    }),
    {maxLength: 30, selector: ({ports}) => ports.join(' ')},
  )
  .map((all): readonly Connection[] => all);

const inodeOf = (connection: number, side: number): number => 1000 + connection * 2 + side;

function world(all: readonly Connection[]): Snapshot {
  const sockets = new Map<number, End[]>();
  const files = {tcp: '', tcp6: ''};
  for (const [i, {ports, holders, mapped}] of all.entries()) {
    for (const side of [0, 1] as const) {
      const inode = inodeOf(i, side);
      const ends = holders[side].map((pid): End => ({pid, fd: side, mode: 'rw', socket: inode}));
      if (ends.length > 0) sockets.set(inode, ends);
      const [own, other] = side === 0 ? ports : [ports[1], ports[0]];
      if (mapped[side]) files.tcp6 += line(MAPPED, own, other, '01', inode);
      else files.tcp += line(V4, own, other, '01', inode);
    }
  }
  return snapshotOf(sockets, {'net/tcp': files.tcp, 'net/tcp6': files.tcp6});
}

test('TCP: each connection is one channel, with exactly the holders of both sides', () => {
  fc.assert(
    fc.property(connections, all => {
      const channels = tcp.read(world(all));
      const seen = all.flatMap(({holders}, i) => (holders.flat().length === 0 ? [] : [i]));
      expect(channels).toHaveLength(seen.length);
      for (const i of seen) {
        const holders = all[i]!.holders;
        const inodes = [0, 1].map(side => inodeOf(i, side));
        const [channel, ...others] = channels.filter(({ends}) => ends.some(({socket}) => inodes.includes(socket ?? 0)));
        expect(others).toEqual([]);
        expect(channel!.ends.map(({pid, socket}) => `${pid} ${socket}`).sort()).toEqual(
          holders.flatMap((side, n) => side.map(pid => `${pid} ${inodes[n]}`)).sort(),
        );
        const isOneSided = holders.some(side => side.length === 0);
        expect(channel!.detail['peer'] === undefined).toBe(!isOneSided);
      }
    }),
  );
});

test('TCP: a peer outside this machine is only an address', () => {
  const outside = line(V4, 4000, 443, '01', 5).replace(`${V4}:${hex(443)}`, `08080808:${hex(443)}`);
  const sockets = new Map([[5, [{pid: 7, fd: 3, mode: 'rw', socket: 5} as const]]]);
  expect(tcp.read(snapshotOf(sockets, {'net/tcp': outside}))).toEqual([
    {
      kind: 'tcp',
      id: 'tcp:[5]',
      name: '127.0.0.1:4000 -> 8.8.8.8:443',
      ends: [{pid: 7, fd: 3, mode: 'rw', socket: 5}],
      detail: {local: '127.0.0.1:4000', remote: '8.8.8.8:443', state: 'ESTABLISHED'},
    },
  ]);
});

test('TCP: the connecting side is first, whichever socket is older', () => {
  const sockets = new Map([5, 6].map(inode => [inode, [{pid: inode, fd: 3, mode: 'rw', socket: inode} as const]]));
  for (const [server, client] of [
    [5, 6],
    [6, 5],
  ] as const) {
    const text = line(V4, 80, 0, '0A', 1) + line(V4, 80, 4000, '01', server) + line(V4, 4000, 80, '01', client);
    const [channel, ...others] = tcp.read(snapshotOf(sockets, {'net/tcp': text}));
    expect(others).toEqual([]);
    expect(channel).toMatchObject({id: 'tcp:[5,6]', name: '127.0.0.1:4000 -> 127.0.0.1:80'});
    expect(channel?.ends.map(({pid}) => pid)).toEqual([client, server]);
  }
});

test('UDP: none of several sockets that share an address is taken for the other end', () => {
  const held = (...inodes: number[]): Map<number, End[]> =>
    new Map(inodes.map(inode => [inode, [{pid: inode, fd: 3, mode: 'rw', socket: inode}]]));
  const bound = (...inodes: number[]): string => inodes.map(inode => line(V4, 53, 0, '07', inode)).join('');
  const client = line(V4, 4000, 53, '01', 9);
  const one = udp.read(snapshotOf(held(1, 9), {'net/udp': bound(1) + client}));
  expect(one.map(({ends}) => pidsOf(ends))).toEqual([[1], [1, 9]]);
  const two = udp.read(snapshotOf(held(1, 2, 9), {'net/udp': bound(1, 2) + client}));
  expect(two.map(({ends}) => pidsOf(ends))).toEqual([[1], [2], [9]]);
  expect(two[2]?.detail['peer']).toMatch(/2 sockets/);
});

/** Creates a tree like /proc. A content that begins with `->` makes a symbolic link. */
function recorded(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'brood-proc-'));
  onTestFinished(() => rmSync(root, {recursive: true, force: true}));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), {recursive: true});
    if (content.startsWith('->')) symlinkSync(content.slice(2), join(root, path));
    else writeFileSync(join(root, path), content, 'latin1');
  }
  return root;
}

const stat = (pid: number, name: string, state = 'S'): string =>
  `${pid} (${name}) ${state} 1 1 1 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 ${pid * 10} 0 0\n`;

test('a recorded tree is read: pids of seven digits, hostile names, a zombie, processes that have ended', () => {
  const root = recorded({
    '1234567/stat': stat(1234567, 'a) S 1 (b\n\x1b]0;x'),
    '1234567/fd/3': '->pipe:[77]',
    '1234567/fdinfo/3': 'pos:\t0\nflags:\t01\n',
    '1234567/maps': '',
    '8/stat': stat(8, 'reader'),
    '8/fd/0': '->pipe:[77]',
    '8/fd/1': '->socket:[12]',
    '8/fd/2': '->/dev/null',
    '8/fd/9': '->anon_inode:[eventpoll]',
    '8/fdinfo/0': 'pos:\t0\nflags:\t0100000\n',
    '8/fdinfo/1': 'flags:\t02\n',
    '8/maps': '7f0-7f1 rw-s 0 00:01 5   /SYSV00000001 (deleted)\n',
    '8/status': 'Name:\treader\nSigIgn:\t0000000000001000\n',
    '9/stat': stat(9, 'gone', 'Z'),
    '10/nothing': '',
    'net/unix': `Num\n0000000000000000: 00000003 00000000 00000000 0001 03 12 /run/x\n`,
    'sysvipc/shm': '       key      shmid size cpid lpid nattch\n  1   5  4096  8  8  1\n',
    locks: '1: FLOCK  ADVISORY  WRITE 8 fe:00:99 0 EOF\n',
    self: '->8',
  });
  const {channels, processes, denied} = readChannels({root, startTimes: true});
  const byKind = Object.fromEntries(channels.filter(({kind}) => kind !== 'signal').map(one => [one.kind, one]));
  expect(Object.keys(byKind)).toEqual(['pipe', 'unix', 'sysv-shm', 'lock']);
  expect(byKind['pipe']?.ends).toEqual([
    {pid: 8, fd: 0, mode: 'r'},
    {pid: 1234567, fd: 3, mode: 'w'},
  ]);
  expect(byKind['unix']).toMatchObject({name: '/run/x', detail: {peer: 'unknown', state: 'established'}});
  expect(byKind['sysv-shm']).toMatchObject({name: '0x00000001', ends: [{pid: 8, fd: null}], detail: {bytes: 4096}});
  expect(byKind['lock']?.detail).toMatchObject({holders: [8], waiters: []});
  expect(processes.find(({pid}) => pid === 1234567)).toEqual({
    pid: 1234567,
    name: 'a) S 1 (b\n\x1b]0;x',
    startTime: '12345670',
  });
  expect(denied).toEqual([]);
  expect(readChannels({root, kinds: new Set(['pipe'])}).channels.map(({kind}) => kind)).toEqual(['pipe']);
  expect(readChannels({root, pids: new Set([1234567])}).processes.map(({pid}) => pid)).toEqual([8, 1234567]);
});

test('a pid in a queue is ignored once a later process has it', () => {
  const booted = 1_700_000_000;
  const used = (at: number): readonly End[] => {
    const root = recorded({
      stat: `cpu 0\nbtime ${booted}\n`,
      // Started 5 s after boot.
      '50/stat': stat(50, 'x'),
      'sysvipc/msg': `key msqid cbytes qnum lspid lrpid stime rtime\n0 3 0 0 50 0 ${at} 0\n`,
    });
    return readChannels({root, kinds: new Set(['sysv-msg'])}).channels[0]?.ends ?? [];
  };
  expect(used(booted + 100)).toEqual([{pid: 50, fd: null, mode: 'w'}]);
  expect(used(booted + 2)).toEqual([]);
});

test('a tree with any contents is read to its end', () => {
  const text = fc.oneof(
    fc.string({unit: 'binary', maxLength: 80}),
    fc.constantFrom(stat(5, 'x'), 'flags:\t01\n', '7f0-7f1 rw-s 0 00:1a 5 /dev/shm/x\n', 'SigBlk:\tzz\n'),
  );
  const target = fc.constantFrom(
    'pipe:[1',
    'pipe:[x]',
    'socket:[1]',
    'socket:',
    '/x',
    'anon_inode:[eventfd]',
    'p',
    '/dev/pts/1',
  );
  fc.assert(
    fc.property(text, text, text, text, target, (one, two, three, four, link) => {
      const root = mkdtempSync(join(tmpdir(), 'brood-proc-'));
      try {
        mkdirSync(join(root, '5/fd'), {recursive: true});
        mkdirSync(join(root, '5/fdinfo'));
        for (const folder of ['net', 'sysvipc']) mkdirSync(join(root, folder));
        symlinkSync(link, join(root, '5/fd/3'));
        for (const path of ['5/stat', '5/maps', '5/fdinfo/3']) writeFileSync(join(root, path), one);
        for (const path of ['net/tcp', 'net/unix']) writeFileSync(join(root, path), two);
        for (const path of ['sysvipc/shm', 'sysvipc/sem', 'sysvipc/msg']) writeFileSync(join(root, path), three);
        for (const path of ['locks', '5/status']) writeFileSync(join(root, path), four);
        expect(readChannels({root}).channels).toBeInstanceOf(Array);
      } finally {
        rmSync(root, {recursive: true});
      }
    }),
    {numRuns: 200},
  );
});
