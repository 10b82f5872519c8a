/** `brood trace` while processes start in masses, readers are slow and supervisors are lost. */
import {readFileSync} from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';
import {describe, expect, test} from 'vitest';
import {TestFleet, until} from './harness.ts';
import {using, whyNoConnector} from './wrapped.ts';
import {type Line, tracing, SEVEN} from './tracing.ts';

describe.skipIf(whyNoConnector !== null)('trace with the process connector, under load and loss', () => {
  test('attributes each process of a storm of restarting daemons to its own worker, and shows its fork', () => {
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
        // On a machine so busy that a new run is reported late, some have no worker; none ever has the wrong one.
        const isTold = ({command, worker}: Line): boolean => command?.includes('tag-') === true && worker !== null;
        const hasAll = (): boolean =>
          ['aa', 'bb', 'cc'].every(name => trace.lines.some(line => line.type === 'fork' && line.worker === name));
        await until('enough of them', () => hasAll() && trace.lines.filter(isTold).length > 150, 40_000);
        const {lines} = trace;
        const wrong = lines.filter(line => isTold(line) && !line.command?.includes(`tag-${line.worker}`));
        expect(wrong).toEqual([]);
        const born = new Set(lines.map(({child}) => child));
        const first = lines.findIndex(({type}) => type === 'fork');
        // Processes older than the trace have no fork event: the first processes of runs, and few others.
        const unborn = lines.slice(first).filter(({type, pid}) => type === 'exit' && !born.has(pid ?? 0));
        expect(unborn.length).toBeLessThan(50);
      });
    });
  });

  test('waits for a slow reader, and ends when that reader leaves', () => {
    const workers = {t: {run: ['perl', '-e', 'while (1) { my $p = fork; exit 0 if !$p; waitpid $p, 0 }']}};
    return using(new TestFleet({fleet: 'trace', workers}), async fleet => {
      fleet.up('--wait');
      await tracing(fleet, ['--json'], async trace => {
        await until('lines', () => trace.lines.length > 10);
        const {stdout} = trace.child;
        stdout?.pause();
        const {length} = trace.out;
        // The pipe is full once trace writes no more.
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
        expect(trace.err).toMatch(/fleet trace is down/);
        expect(trace.lines.find(({type, pid}) => type === 'exit' && pid === main)).toMatchObject({worker: 't'});
      });
    }));

  test('prints names and commands without control characters for a terminal, and complete in JSON', () =>
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
          await until('its name', () => trace.out.includes('renamed to a) R ('));
          await until('its arguments', () => trace.out.includes('exec sh -c sleep 0.1; exit 3'));
          expect(trace.out).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
          expect(trace.out.trimEnd().split('\n')).toSatisfy((lines: string[]) =>
            lines.every(line => /^\d\d:\d\d:\d\d\.\d{3} {2}\S+ +\d+ {2}\S/.test(line)),
          );
        });
      },
    ));

  test('needs no fleet with --all; a PID selects that process and all its descendants', () =>
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
        // The trace ends with that process and its descendants, though the worker is restarted.
        process.kill(pid!, 'SIGKILL');
        expect(await trace.ended()).toBe(0);
        expect(trace.err).toMatch(new RegExp(`process ${pid} and all its descendants have exited`));
        expect(trace.lines.find(line => line.type === 'exit' && line.pid === pid)).toMatchObject({signal: 'SIGKILL'});
      });
    }));
});

/** Starts daemons that live for a moment and remove every trace of their origin, then exits. */
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
