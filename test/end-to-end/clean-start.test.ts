/** A worker inherits nothing of its supervisor, but the settings of the shell that started the fleet. */
import {readFileSync, readlinkSync, readdirSync} from 'node:fs';
import {expect, test} from 'vitest';
import {TestFleet, until} from './harness.ts';
import {commandLine, environment, look} from './processes.ts';
import {using, WrappedFleet} from './wrapped.ts';

const sleeper = {run: ['sleep', '1000']};

const statusField = (pid: number, field: string): string =>
  new RegExp(`^${field}:\\s*(\\S+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';

function descriptors(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`)
    .sort((a, b) => Number(a) - Number(b))
    .map(fd => `${fd} ${readlinkSync(`/proc/${pid}/fd/${fd}`).replace(/^.*\.(out|err)$/, '$1')}`);
}

test('fifty workers have the descriptors 0, 1 and 2 and no other, and stdin is /dev/null', async () => {
  await using(new TestFleet({fleet: 't', workers: {w: {...sleeper, instances: 50}}}), fleet => {
    fleet.up('--wait');
    const pids = fleet.ps().workers.map(({pid}) => pid!);
    expect(pids.length).toBe(50);
    for (const pid of pids) expect(descriptors(pid)).toEqual(['0 /dev/null', '1 out', '2 err']);
    // A worker that is started later, when the supervisor has opened everything.
    expect(fleet.run('restart', 'w/7').code).toBe(0);
    expect(descriptors(fleet.worker('w/7').pid!)).toEqual(['0 /dev/null', '1 out', '2 err']);
  });
});

test('no signal is ignored or blocked, limits and umask are those of the shell, and variables for the supervisor are removed', async () => {
  const shell = `ulimit -Sn 777; umask 031; export NOTIFY_SOCKET=/nowhere LISTEN_FDS=3 LISTEN_PID=1 LISTEN_FDNAMES=x \
    WATCHDOG_USEC=5 WATCHDOG_PID=7 JOURNAL_STREAM=8:9 NODE_CHANNEL_FD=77 NODE_CHANNEL_SERIALIZATION_MODE=json \
    NODE_OPTIONS=--no-warnings KEPT='a b' BROOD_WORKER=outer/1 BROOD_RUN=0123; unset NODE_CHANNEL_FD; "$@"; exit $?`;
  const ignored = 'HUP,INT,TERM,QUIT,USR1,USR2,ALRM,CHLD,PIPE,TSTP,RTMIN+1,RTMAX';
  const prefix = [
    'env',
    `--ignore-signal=${ignored}`,
    '--block-signal=USR2,WINCH,TERM,RTMIN+2,RTMIN+30',
    '/bin/sh',
    '-c',
    shell,
    'sh',
  ];
  const workers = {
    w: {sh: 'umask > umask; ulimit -Sn > soft; ulimit -Hn > hard; exec sleep 1000'},
    few: {...sleeper, env_inherit: false, env: {OWN: '1'}},
  };
  await using(new WrappedFleet(prefix, {fleet: 't', workers}), async fleet => {
    fleet.up('--wait');
    await until('what the worker found', () => fleet.read('hard') !== '');
    const {pid} = fleet.worker('w');
    const signals = (field: string): bigint => BigInt(`0x${statusField(pid!, field)}`);
    expect({ignored: signals('SigIgn'), blocked: signals('SigBlk')}).toEqual({ignored: 0n, blocked: 0n});
    expect(fleet.read('umask').trim()).toBe('0031');
    expect(fleet.read('soft').trim()).toBe('777');
    expect(Number(fleet.read('hard'))).toBeGreaterThan(777);

    const env = environment(pid!).filter(Boolean);
    const names = env.map(entry => entry.slice(0, entry.indexOf('=')));
    const strange = /^(NOTIFY_SOCKET|LISTEN_|WATCHDOG_|JOURNAL_STREAM|NODE_CHANNEL|BROOD_OUTER)/;
    expect(names.filter(name => strange.test(name))).toEqual([]);
    expect(env).toContain('NODE_OPTIONS=--no-warnings');
    expect(env).toContain('KEPT=a b');
    expect(env).toContain('BROOD_WORKER=w/1');
    expect(env).toContain('BROOD_INSTANCE=1');
    expect(env).toContain('BROOD_FLEET=t');
    for (const name of ['BROOD_FLEET_ID', 'BROOD_SOCKET', 'BROOD_RUN']) expect(names).toContain(name);
    expect(env).not.toContain('BROOD_RUN=0123');

    const few = environment(fleet.worker('few').pid!)
      .filter(Boolean)
      .map(entry => entry.slice(0, entry.indexOf('=')));
    const allowed = /^(PATH|HOME|USER|SHELL|LANG|TZ|TMPDIR|OWN|BROOD_\w+)$/;
    expect(few.filter(name => !allowed.test(name))).toEqual([]);
    expect(few).toContain('PATH');
    expect(few).toContain('OWN');

    // The user's NODE_OPTIONS apply to the workers, not to the supervisor.
    const {pid: keeper, controller} = fleet.ps().supervisor;
    for (const daemon of [keeper, controller]) {
      expect(environment(daemon).filter(entry => entry.startsWith('NODE_OPTIONS='))).toEqual([]);
    }
  });
});

test('each worker leads a session and a process group of its own without a terminal, with the argv[0] of the fleet file', async () => {
  const workers = {a: sleeper, b: {...sleeper, nice: 5, umask: '077'}};
  await using(new TestFleet({fleet: 't', workers}), async fleet => {
    fleet.up('--wait');
    for (const {pid} of fleet.ps().workers) {
      await until('the chain of tools to have become the program', () => commandLine(pid!)[0] !== '/bin/sh');
      await until('sleep', () => look(pid!)?.name === 'sleep');
      const seen = look(pid!)!;
      expect([seen.sid, seen.pgid]).toEqual([pid, pid]);
      expect(readFileSync(`/proc/${pid!}/stat`, 'utf8').split(') ')[1]!.split(' ')[4]).toBe('0');
    }
    expect(commandLine(fleet.worker('a').pid!)).toEqual(['sleep', '1000']);
    expect(look(fleet.worker('b').pid!)?.nice).toBe(5);
  });
});

test('the environment is computed anew: a key removed from the file is gone after down and up', async () => {
  const file = (env: object): object => ({fleet: 't', workers: {w: {...sleeper, env}}});
  await using(new TestFleet(file({OLD: '1', STAYS: '2'})), fleet => {
    fleet.up('--wait');
    expect(environment(fleet.worker('w').pid!)).toContain('OLD=1');
    fleet.write(file({STAYS: '2', NEW: '3'}));
    expect(fleet.run('down').code).toBe(0);
    fleet.up('--wait');
    const env = environment(fleet.worker('w').pid!);
    expect(env.filter(entry => entry.startsWith('OLD='))).toEqual([]);
    expect(env).toContain('STAYS=2');
    expect(env).toContain('NEW=3');
  });
});
