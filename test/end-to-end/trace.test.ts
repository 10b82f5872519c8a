/** `brood trace`, on fleets whose processes live briefly, hide, and have bad names. */
import {spawnSync} from 'node:child_process';
import {describe, expect, test} from 'vitest';
import {refused, TestFleet, until} from './harness.ts';
import {flood, isFloodable, isRoot, lineageFleet, ordinaryFleet, using, whyNoConnector} from './wrapped.ts';
import {Running, tracing, SEVEN} from './tracing.ts';

const hasPython = spawnSync('python3', ['-c', 'import ctypes']).status === 0;

describe.skipIf(whyNoConnector !== null)('trace with the process connector', () => {
  test('prints forks, execs and exits with their status, of the named worker and of no other', () =>
    using(
      new TestFleet({fleet: 'trace', workers: {t: {sh: SEVEN}, other: {sh: 'while :; do sleep 0.1; done'}}}),
      async fleet => {
        fleet.up('--wait');
        await tracing(fleet, ['t', '--json'], async trace => {
          const exit = await until('an end with status 7', () => trace.lines.find(({code}) => code === 7));
          expect(exit).toMatchObject({type: 'exit', worker: 't', instance: 1, signal: null});
          expect(exit.ppid).toBe(fleet.worker('t').pid);
          const birth = trace.lines.find(({child}) => child === exit.pid);
          expect(birth).toMatchObject({type: 'fork', pid: exit.ppid, worker: 't'});
          await until('a command', () =>
            trace.lines.find(({type, command}) => type === 'exec' && command === 'sleep 0.2'),
          );
          expect(new Set(trace.lines.map(({worker}) => worker))).toEqual(new Set(['t']));
          const times = trace.lines.map(({at}) => at);
          expect(times.every(at => new Date(at).toISOString() === at)).toBe(true);
        });
      },
    ));

  test('attributes a process to its worker that forks twice, starts a session, clears its environment and exits at once', () =>
    using(
      new TestFleet({
        fleet: 'trace',
        workers: {hider: {sh: 'while :; do (setsid env -i /bin/sh -c "(exit 42)& exit 41" &); sleep 0.3; done'}},
      }),
      async fleet => {
        fleet.up('--wait');
        await tracing(fleet, ['--json'], async trace => {
          await until('both ends', () => [41, 42].every(code => trace.lines.some(line => line.code === code)));
          const hidden = trace.lines.filter(({code}) => code === 41 || code === 42);
          for (const {worker, instance} of hidden) expect({worker, instance}).toEqual({worker: 'hider', instance: 1});
          const leader = hidden.find(({code}) => code === 41);
          expect(trace.lines.find(({type, pid}) => type === 'setsid' && pid === leader?.pid)).toMatchObject({
            worker: 'hider',
          });
        });
      },
    ));

  test('follows later runs of a worker as well, from the fork on', () =>
    using(new TestFleet({fleet: 'trace', workers: {web: {run: ['sleep', '1000']}}}), async fleet => {
      fleet.up('--wait');
      await tracing(fleet, ['web', '--json'], async trace => {
        await until('the trace to have begun', async () => {
          const ran = await fleet.runAsync('restart', 'web');
          expect(ran.code).toBe(0);
          return trace.lines.length > 0;
        });
        const {pid} = fleet.worker('web');
        await until('the fork of the new run', () => trace.lines.find(({child}) => child === pid));
        await until('its program', () =>
          trace.lines.find(line => line.type === 'exec' && line.pid === pid && line.command === 'sleep 1000'),
        );
        expect(trace.lines.every(({worker, instance}) => worker === 'web' && instance === 1)).toBe(true);
        expect(trace.lines.find(({child}) => child === pid)?.pid).toBe(fleet.keeper);
      });
    }));

  test.skipIf(!hasPython)(
    'prints one exit, with the right status, of a process whose first thread ends before the others',
    () =>
      using(
        new TestFleet(
          {fleet: 'trace', workers: {t: {run: ['python3', 'leaderless.py']}}},
          {'leaderless.py': LEADERLESS},
        ),
        async fleet => {
          fleet.up('--wait');
          await tracing(fleet, ['--json'], async trace => {
            const first = await until('an end', () =>
              trace.lines.find(({type, code}) => type === 'exit' && code === 5),
            );
            await until('another', () => trace.lines.some(({code, pid}) => code === 5 && pid !== first.pid));
            expect(trace.lines.filter(({type, pid}) => type === 'exit' && pid === first.pid)).toEqual([first]);
          });
        },
      ),
  );
});

test.skipIf(!isFloodable)('lost events are reported, and later events are attributed to the right worker', () =>
  using(ordinaryFleet({fleet: 'trace', workers: {t: {sh: SEVEN}}}), async fleet => {
    fleet.up('--wait');
    await tracing(fleet, ['--json'], async trace => {
      await until('its first events', () => trace.lines.some(({code}) => code === 7));
      trace.child.kill('SIGSTOP');
      expect(flood()).toBe(0);
      trace.child.kill('SIGCONT');
      const at = await until('the loss', () => {
        const index = trace.lines.findIndex(({type}) => type === 'lost');
        return index >= 0 && {index};
      });
      await until('words on that', () => trace.err.includes('events were lost'));
      const main = fleet.worker('t').pid;
      await until('a later end', () => trace.lines.slice(at.index).some(({code, ppid}) => code === 7 && ppid === main));
      expect(trace.lines.slice(at.index + 1).every(({worker}) => worker === 't')).toBe(true);
    });
  }),
);

test('Ctrl-C ends trace with exit code 0 and the counts; a closed pipe ends it silently', () =>
  using(new TestFleet({fleet: 'trace', workers: {t: {sh: SEVEN}}}), async fleet => {
    fleet.up('--wait');
    await tracing(fleet, [], async trace => {
      const end = whyNoConnector === null ? 'exit code 7' : 'exit status unknown';
      await until('some lines', () => trace.out.includes(end));
      trace.child.kill('SIGINT');
      expect(await trace.ended()).toBe(0);
      await until('what was counted', () => /\d+ forks?, \d+ execs?, .*\d+ exits? in /.test(trace.err));
    });
    await tracing(fleet, [], async trace => {
      await until('some lines', () => trace.out.includes('\n'));
      const before = trace.err;
      trace.child.stdout?.destroy();
      expect(await trace.ended()).toBe(0);
      expect(trace.err).toBe(before);
    });
  }));

test('trace exits with 3 if the fleet does not run, and with 1 and a suggestion if there is no worker of that name', () =>
  using(new TestFleet({fleet: 'trace', workers: {web: {run: ['sleep', '1000']}}}), fleet => {
    expect(fleet.run('trace')).toMatchObject({code: 3, out: ''});
    fleet.up();
    expect(fleet.run('trace', 'wbe')).toMatchObject({
      code: 1,
      err: expect.stringContaining('did you mean web?') as string,
    });
  }));

test.skipIf(!isRoot)('trace without the connector shows samples to an ordinary user, and reports that', () =>
  using(
    lineageFleet({
      fleet: 'trace',
      workers: {
        t: {sh: 'while :; do sh -c "sleep 0.4; exit 7"; setsid -w sleep 0.5; done'},
        crash: {
          sh: 'sleep 0.5; exit 4',
          give_up: {restarts: 1000, within: '60s'},
          backoff: {initial: '200ms', max: '300ms'},
        },
      },
    }),
    async fleet => {
      fleet.up();
      await tracing(fleet, ['--json'], async trace => {
        const why = refused('netlink') ? /sampling every .* \(E[A-Z]+\)/ : /sampling every .* network namespace/;
        await until('that it is sampled, and why', () => why.test(trace.err));
        // The exit status of a process that is not trace's child comes from its pidfd.
        const code = refused('pidfd_open') ? null : 7;
        const exit = await until(
          'an end, with its status',
          () => trace.lines.find(line => line.type === 'exit' && line.worker === 't' && line.code === code),
          30_000,
        );
        expect(exit).toMatchObject({type: 'exit', worker: 't', instance: 1});
        await until(
          'a session',
          () => trace.lines.some(({type, worker}) => type === 'setsid' && worker === 't'),
          30_000,
        );
        await until(
          'a program',
          () => trace.lines.some(({type, command}) => type === 'exec' && command === 'sleep 0.4'),
          30_000,
        );
        const run = await until(
          'a later run',
          () =>
            trace.lines.find(
              ({type, worker, pid}) =>
                type === 'exit' &&
                worker === 'crash' &&
                trace.lines.some(({child}) => child === pid) &&
                pid !== null &&
                isMain(trace, pid),
            ),
          30_000,
        );
        expect(run).toMatchObject({code: refused('pidfd_open') ? null : 4, signal: null});
      });
    },
  ),
);

/** Whether a process ran the main program of the worker `crash`. */
const isMain = (trace: Running, pid: number): boolean =>
  trace.lines.some(line => line.type === 'exec' && line.pid === pid && line.command?.includes('exit 4') === true);

const LEADERLESS = `
import ctypes, os, threading, time
libc = ctypes.CDLL(None)
while True:
    if os.fork() == 0:
        threading.Thread(target=lambda: (time.sleep(0.3), os._exit(5))).start()
        libc.pthread_exit(None)
    os.wait()
`;
