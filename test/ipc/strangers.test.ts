/** Processes of other users and in other namespaces, and processes that start and end while they are read. */
import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {release} from 'node:os';
import {describe, expect, test} from 'vitest';
import {readChannels} from '../../src/ipc/graph.ts';
import type {IpcReport} from '../../src/cli/ipc/report.ts';
import {cli, TAG} from '../end-to-end/harness.ts';
import {asOrdinary, isRoot} from '../end-to-end/wrapped.ts';
import {channelsOf, hasPython, holding, number, numbers, pidsOf, shared, tool} from './fixture.ts';

/** Runs `brood ipc --all --json` through another program, without a fleet. */
function ipcBy(prefix: readonly string[], ...args: string[]): {report: IpcReport; err: string} {
  const words = [...prefix, process.execPath, cli, 'ipc', '--all', '--json', ...args];
  const ran = spawnSync(words[0] ?? '', words.slice(1), {
    encoding: 'utf8',
    cwd: '/',
    env: {PATH: process.env['PATH'], HOME: '/', BROOD_HOME: '/nonexistent'},
    maxBuffer: 1 << 28,
  });
  if (ran.status !== 0) throw new Error(`exit ${ran.status}: ${ran.stderr}${String(ran.error ?? '')}`);
  return {report: JSON.parse(ran.stdout) as IpcReport, err: ran.stderr};
}

const PF_KTHREAD = 0x00200000;

function isKernelThread(pid: number): boolean {
  const stat = tool('cat', `/proc/${pid}/stat`);
  return (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[6]) & PF_KTHREAD) !== 0;
}

/** Before Linux 5.8 all mounts of /proc shared their options: hidepid would apply to everybody. */
const ownProcOptions = (): boolean => {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  return major > 5 || (major === 5 && minor >= 8);
};

const can = (...command: string[]): boolean => {
  const {status} = spawnSync(command[0] ?? '', [...command.slice(1), 'true']);
  return status === 0;
};

describe.skipIf(!isRoot || !hasPython)('other users (root and python3 are needed)', () => {
  test('processes that may not be read are listed as denied, never omitted', () =>
    holding('pipe', told => {
      const pids = [number(told, 'reader'), number(told, 'writer')];
      const {report} = ipcBy(asOrdinary());
      expect(report.hidden).toBe(false);
      expect(report.denied).toEqual(expect.arrayContaining(pids));
      expect(
        report.channels.filter(({kind, ends}) => kind !== 'signal' && ends.some(({pid}) => pids.includes(pid))),
      ).toEqual([]);
      // Signal masks are readable by everybody.
      expect(
        report.channels.filter(({kind, ends}) => kind === 'signal' && pids.includes(ends[0]?.pid ?? 0)),
      ).toHaveLength(2);
    }));

  test('an ordinary user sees his own channels, with both ends', () =>
    holding(
      'unix-pair',
      told => {
        const pids = numbers(told, 'pids');
        const {report} = ipcBy(asOrdinary(), '--kind', 'unix');
        expect(report.channels.map(({ends}) => pidsOf(ends))).toContainEqual([...pids].sort((a, b) => a - b));
        expect(report.denied).not.toEqual(expect.arrayContaining(pids));
      },
      asOrdinary(),
    ));

  test('zombies and kernel threads are not listed as denied: they have no channels', () =>
    holding('hostile', told => {
      const {report} = ipcBy(asOrdinary());
      expect(report.denied).not.toContain(number(told, 'zombie'));
      expect(report.denied.filter(isKernelThread)).toEqual([]);
      expect(report.denied).toContain(numbers(told, 'pids')[0]);
    }));

  test('the owner of a queue that may not be read is listed as denied', () =>
    holding('mqueue', told => {
      const {report} = ipcBy(asOrdinary());
      expect(report.denied).toContain(number(told, 'owner'));
    }));

  test.skipIf(!ownProcOptions() || !can('unshare', '-m'))('with hidden processes (hidepid), the others are shown', () =>
    holding('pipe', told => {
      const script = 'mount -t proc -o hidepid=2 proc /proc && exec "$@"';
      const {report} = ipcBy(['unshare', '-m', 'sh', '-c', script, 'sh', ...asOrdinary()]);
      const seen = [...report.processes.map(({pid}) => pid), ...report.denied];
      expect(seen).not.toContain(number(told, 'reader'));
      expect(report.hidden).toBe(true);
    }),
  );
});

describe.skipIf(!isRoot || !hasPython || !can('unshare', '-n'))('other namespaces (root is needed)', () => {
  const inNetwork = ['unshare', '-n', 'sh', '-c', 'ip link set lo up 2>/dev/null; exec "$@"', 'sh'];

  test('unix sockets of another network namespace are listed without their peers', () =>
    holding(
      'unix-named',
      told => {
        const channels = channelsOf('unix', number(told, 'server'), number(told, 'client'));
        const named = channels.filter(({name}) => name === told['name']);
        // The listener, and the socket that it has accepted.
        expect(named.map(({detail}) => detail['state']).sort()).toEqual(['established', 'listen']);
        for (const {detail} of named) expect(detail['namespace']).toMatch(/^net:\[\d+\]$/);
        expect(named.find(({detail}) => detail['state'] === 'established')?.detail['peer']).toBe('unknown');
        for (const {ends} of named) expect(pidsOf(ends)).toEqual([number(told, 'server')]);
      },
      inNetwork,
    ));

  test.skipIf(spawnSync('ip', ['-V']).error !== undefined)(
    'TCP within another network namespace has both its ends',
    () =>
      holding(
        'tcp',
        told => {
          const connection = shared('tcp', number(told, 'server'), number(told, 'client'));
          expect(connection.detail).toMatchObject({remote: `127.0.0.1:${number(told, 'port')}`});
          expect(connection.detail['namespace']).toMatch(/^net:/);
        },
        inNetwork,
      ),
  );

  test('locks within another pid namespace are listed with the pids outside', () =>
    holding(
      'flock',
      told => {
        const {channels, processes} = readChannels({kinds: new Set(['lock'])});
        const lock = channels.find(({id}) => id.endsWith(`:${number(told, 'inode')}]`));
        const {holders, waiters} = lock?.detail as {holders: number[]; waiters: number[]};
        expect([holders.length, waiters.length]).toEqual([2, 1]);
        // The first process of the namespace is 1 there.
        expect(numbers(told, 'holders')[0]).toBe(1);
        for (const pid of [...holders, ...waiters])
          expect(processes.find(process => process.pid === pid)?.name).toMatch(/^python3/);
      },
      ['unshare', '-p', '-f', '--mount-proc', '--kill-child'],
    ));

  test('System V objects of another IPC namespace are not confused with local ones of the same id', () =>
    holding('sysv-shm', here =>
      holding(
        'sysv-shm',
        there => {
          const pids = numbers(there, 'pids');
          const [segment, ...others] = channelsOf('sysv-shm', ...pids);
          expect(others).toEqual([]);
          expect(segment?.detail['namespace']).toMatch(/^ipc:/);
          expect(pidsOf(segment?.ends ?? [])).toEqual([...pids].sort((a, b) => a - b));
          expect(pidsOf(shared('sysv-shm', ...numbers(here, 'pids')).ends)).toHaveLength(2);
        },
        ['unshare', '-i'],
      ),
    ));
});

test('processes that start and end while they are read are listed consistently', async () => {
  const churn = spawn('sh', ['-c', 'echo; while :; do sh -c "true | cat | true" & sleep 0.01; wait; done'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {...process.env, [TAG]: 'ipc'},
    detached: true,
  });
  try {
    await once(churn.stdout, 'data');
    for (let i = 0; i < 10; i++) {
      const {channels, processes} = readChannels();
      const known = new Set(processes.map(({pid}) => pid));
      // Every process at an end has a name, even if it has ended by now.
      expect(channels.flatMap(({ends}) => ends).filter(({pid}) => !known.has(pid))).toEqual([]);
      expect(channels.some(({kind, ends}) => kind === 'unix' && ends.some(({pid}) => pid === churn.pid))).toBe(true);
    }
  } finally {
    process.kill(-churn.pid!, 'SIGKILL');
    await once(churn, 'close');
  }
});

test.skipIf(!hasPython)('the fast reader and the portable one return the same', () =>
  holding('pty', told =>
    holding('pipe', pipe => {
      const pids = new Set([
        number(told, 'master'),
        number(told, 'terminal'),
        number(pipe, 'reader'),
        number(pipe, 'writer'),
      ]);
      // Any other name of /proc selects the portable reader.
      for (const kinds of [
        ['pipe'],
        ['pty'],
        ['fifo', 'shm', 'tcp', 'eventfd', 'signal', 'lock', 'sysv-shm'],
      ] as const) {
        const quick = readChannels({pids, kinds: new Set(kinds)});
        const portable = readChannels({pids, kinds: new Set(kinds), root: '/proc/.'});
        const sorted = (all: typeof quick): unknown[] =>
          all.channels
            .filter(({ends}) => ends.every(({pid}) => pids.has(pid)))
            .map(one => ({...one, ends: [...one.ends].sort((a, b) => a.pid - b.pid || (a.fd ?? 0) - (b.fd ?? 0))}))
            .sort((a, b) => (a.id < b.id ? -1 : 1));
        expect(sorted(portable)).toEqual(sorted(quick));
        if (kinds[0] !== 'fifo') expect(sorted(quick)).not.toEqual([]);
      }
    }),
  ),
);
