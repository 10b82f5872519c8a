/** `brood trace`, on fleets whose processes live briefly, hide, and have bad names. */
import {spawnSync, type ChildProcess} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';
import {describe, expect, test} from 'vitest';
import {refused, TestFleet, until} from './harness.ts';
import {flood, isFloodable, isRoot, lineageFleet, ordinaryFleet, using, whyNoConnector} from './wrapped.ts';

interface Line {
  readonly at: string;
  readonly type: string;
  readonly pid: number | null;
  readonly ppid?: number | null;
  readonly child?: number;
  readonly worker: string | null;
  readonly instance: number | null;
  readonly command?: string | null;
  readonly code?: number | null;
  readonly signal?: string | null;
}

/** What a running `brood trace` has printed so far. */
class Running {
  readonly child: ChildProcess;
  out = '';
  err = '';
  readonly #lines: Line[] = [];
  #parsed = 0;

  constructor(fleet: TestFleet, ...args: string[]) {
    this.child = fleet.start(['trace', ...args], {stdio: ['ignore', 'pipe', 'pipe']});
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.out += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.err += text));
  }

  /** With --json. */
  get lines(): readonly Line[] {
    const end = this.out.lastIndexOf('\n');
    const fresh = this.out.slice(this.#parsed, end + 1).split('\n');
    this.#parsed = end + 1;
    for (const line of fresh) if (line !== '') this.#lines.push(JSON.parse(line) as Line);
    return this.#lines;
  }

  async ended(): Promise<number | null> {
    return until('the end of brood trace', () => {
      const {exitCode, signalCode} = this.child;
      return exitCode !== null || signalCode !== null ? {exitCode} : null;
    }).then(({exitCode}) => exitCode);
  }
}

async function tracing(fleet: TestFleet, args: string[], body: (trace: Running) => Promise<void>): Promise<void> {
  const trace = new Running(fleet, ...args);
  try {
    await body(trace);
  } finally {
    trace.child.kill('SIGKILL');
  }
}

if (whyNoConnector !== null) console.warn(`tests of the live trace are skipped: ${whyNoConnector}`);

const hasPython = spawnSync('python3', ['-c', 'import ctypes']).status === 0;

const SEVEN = 'while :; do sleep 0.2; sh -c "exit 7"; done';

describe.skipIf(whyNoConnector !== null)('from the process connector', () => {
  test('forks, execs and ends with their status, of the worker that is named and of no other', () =>
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

  test('who forks twice, starts a session, clears its environment and is gone at once is still the worker’s', () =>
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

  test('later runs of a worker are traced as well, from the fork on', () =>
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

  test.skipIf(!hasPython)('a process whose first thread ends before the others ends once, with its own status', () =>
    using(
      new TestFleet({fleet: 'trace', workers: {t: {run: ['python3', 'leaderless.py']}}}, {'leaderless.py': LEADERLESS}),
      async fleet => {
        fleet.up('--wait');
        await tracing(fleet, ['--json'], async trace => {
          const first = await until('an end', () => trace.lines.find(({type, code}) => type === 'exit' && code === 5));
          await until('another', () => trace.lines.some(({code, pid}) => code === 5 && pid !== first.pid));
          expect(trace.lines.filter(({type, pid}) => type === 'exit' && pid === first.pid)).toEqual([first]);
        });
      },
    ),
  );

  test('a storm of daemons that start again and again: each is its own worker’s, and none has no birth', () => {
    const storm = {
      restart: 'always',
      backoff: {first: '0s', initial: '10ms', max: '20ms', jitter: '0%'},
      give_up: {restarts: 100_000, within: '1s'},
    };
    const workers = Object.fromEntries(
      ['aa', 'bb', 'cc'].map(name => [name, {run: ['perl', 'storm.pl', `tag-${name}`], ...storm}]),
    );
    return using(new TestFleet({fleet: 'trace', workers}, {'storm.pl': STORM}), async fleet => {
      fleet.up();
      await tracing(fleet, ['--json'], async trace => {
        // On a machine that is so busy that a new run is told of late, some are nobody's; none is ever another's.
        const isTold = ({command, worker}: Line): boolean => command?.includes('tag-') === true && worker !== null;
        const hasAll = (): boolean =>
          ['aa', 'bb', 'cc'].every(name => trace.lines.some(line => line.type === 'fork' && line.worker === name));
        await until('enough of them', () => hasAll() && trace.lines.filter(isTold).length > 150, 40_000);
        const {lines} = trace;
        const wrong = lines.filter(line => isTold(line) && !line.command?.includes(`tag-${line.worker}`));
        expect(wrong).toEqual([]);
        const born = new Set(lines.map(({child}) => child));
        const first = lines.findIndex(({type}) => type === 'fork');
        // Those that lived when it began were not seen being born: the first processes of runs, and few others.
        const unborn = lines.slice(first).filter(({type, pid}) => type === 'exit' && !born.has(pid ?? 0));
        expect(unborn.length).toBeLessThan(50);
      });
    });
  });

  test('a reader that is slow is waited for, and one that leaves meanwhile ends it', () => {
    const workers = {t: {run: ['perl', '-e', 'while (1) { my $p = fork; exit 0 if !$p; waitpid $p, 0 }']}};
    return using(new TestFleet({fleet: 'trace', workers}), async fleet => {
      fleet.up('--wait');
      await tracing(fleet, ['--json'], async trace => {
        await until('lines', () => trace.lines.length > 10);
        const {stdout} = trace.child;
        stdout?.pause();
        const {length} = trace.out;
        // The pipe is full once it writes no more.
        const written = (): string =>
          /^wchar: (\d+)/m.exec(readFileSync(`/proc/${trace.child.pid}/io`, 'utf8'))?.[1] ?? '';
        let before = '';
        await until('the pipe to be full', async () => {
          before = written();
          await delay(300);
          return written() === before;
        });
        stdout?.resume();
        await until('what was waiting', () => trace.out.length > length && trace.lines.length > 1000);
        stdout?.pause();
        await until('the pipe to be full again', async () => {
          before = written();
          await delay(300);
          return written() === before;
        });
        stdout?.destroy();
        expect(await trace.ended()).toBe(0);
      });
    });
  });

  test('goes on when the controller is lost, and ends with the fleet', () =>
    using(new TestFleet({fleet: 'trace', workers: {t: {sh: SEVEN}}}), async fleet => {
      fleet.up('--wait');
      await tracing(fleet, ['--json'], async trace => {
        await until('its first events', () => trace.lines.some(({code}) => code === 7));
        const {controller} = fleet;
        process.kill(controller, 'SIGKILL');
        await until('its end', () =>
          trace.lines.some(({type, pid, signal}) => type === 'exit' && pid === controller && signal === 'SIGKILL'),
        );
        await until('another controller', () => fleet.controller !== controller);
        const {length} = trace.lines;
        await until('further events', () =>
          trace.lines.slice(length).some(({code, worker}) => code === 7 && worker === 't'),
        );
        const main = fleet.worker('t').pid;
        expect((await fleet.runAsync('down')).code).toBe(0);
        expect(await trace.ended()).toBe(0);
        expect(trace.err).toMatch(/fleet trace has ended/);
        expect(trace.lines.find(({type, pid}) => type === 'exit' && pid === main)).toMatchObject({worker: 't'});
      });
    }));

  test('names and commands of others do nothing to a terminal, and are whole in JSON', () =>
    using(
      new TestFleet({fleet: 'trace', workers: {evil: {run: ['sh', 'evil.sh']}}}, {'evil.sh': EVIL}),
      async fleet => {
        fleet.up('--wait');
        await tracing(fleet, ['--json'], async trace => {
          await until('its name', () =>
            trace.lines.find(({type, command}) => type === 'comm' && command === 'a) R (\n\x1b[2J'),
          );
          await until('its arguments', () =>
            trace.lines.find(
              ({type, command}) => type === 'exec' && command?.includes('\x1b]0;title\x07\nnext') === true,
            ),
          );
        });
        await tracing(fleet, [], async trace => {
          await until('its name', () => trace.out.includes('calls itself a) R ('));
          await until('its arguments', () => trace.out.includes('exec sh -c sleep 0.1; exit 3'));
          expect(trace.out).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
          expect(trace.out.trimEnd().split('\n')).toSatisfy((lines: string[]) =>
            lines.every(line => /^\d\d:\d\d:\d\d\.\d{3} {2}\S+ +\d+ {2}\S/.test(line)),
          );
        });
      },
    ));

  test('--all needs no fleet, and a PID stands for itself and all that comes from it', () =>
    using(new TestFleet({fleet: 'trace', workers: {t: {sh: SEVEN}, u: {sh: SEVEN}}}), async fleet => {
      await tracing(fleet, ['--all', '--json'], async trace => {
        await until('anything', () => {
          fleet.run('--version');
          return trace.lines.some(({type}) => type === 'exit');
        });
        expect(trace.lines.every(({worker}) => worker === null)).toBe(true);
      });
      fleet.up('--wait');
      const {pid} = fleet.worker('t');
      await tracing(fleet, [String(pid), '--json'], async trace => {
        await until('an end', () => trace.lines.some(({code, ppid}) => code === 7 && ppid === pid));
        expect(trace.lines.every(({worker}) => worker === 't')).toBe(true);
        // It ends with that process and what came from it, though its worker is started again.
        process.kill(pid ?? 0, 'SIGKILL');
        expect(await trace.ended()).toBe(0);
        expect(trace.err).toMatch(new RegExp(`process ${pid} has ended`));
        expect(trace.lines.find(line => line.type === 'exit' && line.pid === pid)).toMatchObject({signal: 'SIGKILL'});
      });
    }));
});

test.skipIf(!isFloodable)('events that were lost are said to be, and later ones are the right one’s', () =>
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

test('Ctrl-C ends it well, with what was counted; a closed pipe without a word', () =>
  using(new TestFleet({fleet: 'trace', workers: {t: {sh: SEVEN}}}), async fleet => {
    fleet.up('--wait');
    await tracing(fleet, [], async trace => {
      const end = whyNoConnector === null ? 'exit code 7' : 'ended, how is not known';
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

test('without a fleet it says that there is none; no worker of that name is a mistake', () =>
  using(new TestFleet({fleet: 'trace', workers: {web: {run: ['sleep', '1000']}}}), fleet => {
    expect(fleet.run('trace')).toMatchObject({code: 3, out: ''});
    fleet.up();
    expect(fleet.run('trace', 'wbe')).toMatchObject({
      code: 1,
      err: expect.stringContaining('did you mean web?') as string,
    });
  }));

test.skipIf(!isRoot)('where there is no connector, an ordinary user sees samples, and is told so', () =>
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
        const why = refused('netlink') ? /sampled every .* \(E[A-Z]+\)/ : /sampled every .* network namespace/;
        await until('that it is sampled, and why', () => why.test(trace.err));
        // How a process ended that is nobody's child is told by its pidfd.
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

/** The keeper is its parent, as the supervisor told. */
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

/** Many daemons that live for a moment and shed every sign of where they come from; it ends after some. */
const STORM = `
use POSIX;
my $tag = shift;
$SIG{CHLD} = 'IGNORE';
for (1..30) {
  if (!fork) {
    $SIG{CHLD} = 'DEFAULT';
    setsid;
    exit 0 if fork;
    for (1..2) {
      next if fork;
      delete @ENV{keys %ENV};
      setsid;
      exec '/bin/sh', '-c', "sleep 0.05; exit 3 # $tag";
    }
    exit 0;
  }
  select undef, undef, undef, 0.01;
}
`;

const EVIL = `
while :; do
  printf 'a) R (\\n\\033[2J' > /proc/$$/comm
  sh -c 'sleep 0.1; exit 3' "$(printf '\\033]0;title\\007\\nnext')"
  sleep 0.2
done
`;
