/** A worker with `user:` influences no process of root, and receives nothing of root's. */
import {execFileSync, spawnSync} from 'node:child_process';
import {chmodSync, chownSync, mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {TestFleet, until} from '../end-to-end/harness.ts';
import {environment} from '../end-to-end/processes.ts';
import {giveTo, isRoot, using} from '../end-to-end/wrapped.ts';

/** A uid that no account has. */
const UID = 64_322;
const hasCompiler = spawnSync('gcc', ['--version'], {stdio: 'ignore'}).status === 0;

const variables = (pid: number | null): Record<string, string> =>
  Object.fromEntries(
    environment(pid ?? 0)
      .filter(Boolean)
      .map(entry => {
        const equals = entry.indexOf('=');
        return [entry.slice(0, equals), entry.slice(equals + 1)];
      }),
  );

const statusOf = (pid: number | null, name: string): string =>
  new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(readFileSync(`/proc/${pid ?? 0}/status`, 'utf8'))?.[1] ?? '';

/** A fleet in a folder that other users may enter, with a folder `srv` that belongs to that user. */
function fleetOf(workers: object): TestFleet {
  const fleet = new TestFleet({fleet: 't', workers});
  chmodSync(fleet.folder, 0o755);
  mkdirSync(fleet.path('srv'));
  giveTo(UID, fleet.path('srv'));
  return fleet;
}

/** A library that records the user and the program of each process that loads it. */
const SPY = String.raw`
#include <stdio.h>
#include <unistd.h>
#include <fcntl.h>
__attribute__((constructor)) static void go(void) {
  char exe[200], line[300];
  ssize_t n = readlink("/proc/self/exe", exe, 199);
  exe[n > 0 ? n : 0] = 0;
  int k = snprintf(line, 300, "uid=%d %s\n", geteuid(), exe), fd = open(SEEN, O_WRONLY | O_APPEND | O_CLOEXEC);
  if (fd >= 0) { if (write(fd, line, k)) {} close(fd); }
}`;

describe.skipIf(!isRoot)('a worker of another user (needs root)', () => {
  test.skipIf(!hasCompiler)(
    'names a library in its env_file, which only its own processes load, also its hooks, checks and probes (needs gcc)',
    async () => {
      const workers = {
        app: {
          run: ['sleep', '1000'],
          user: String(UID),
          env_file: 'srv/.env',
          cwd: 'srv',
          nice: 5,
          umask: '027',
          limits: {nofile: 512, core: 0},
          no_new_privs: true,
          ready: {exec: ['/bin/true']},
          health: {exec: ['/bin/true'], every: '100ms'},
          hooks: {start: ['/bin/true']},
        },
      };
      await using(fleetOf(workers), async fleet => {
        writeFileSync(fleet.path('spy.c'), SPY);
        writeFileSync(fleet.path('seen'), '');
        chmodSync(fleet.path('seen'), 0o666);
        const flags = ['-shared', '-fPIC', `-DSEEN="${fleet.path('seen')}"`];
        execFileSync('gcc', ['-o', fleet.path('spy.so'), fleet.path('spy.c'), ...flags]);
        writeFileSync(fleet.path('srv/.env'), `LD_PRELOAD=${fleet.path('spy.so')}\n`);
        giveTo(UID, fleet.path('srv'));
        fleet.up('--wait');
        const seen = (): string[] => fleet.read('seen').split('\n').filter(Boolean);
        const by = (program: string): number => seen().filter(line => line.endsWith(`/${program}`)).length;
        await until('the worker, its probe, its hook and some checks', () => by('sleep') > 0 && by('true') >= 4);
        expect(seen().filter(line => !line.startsWith(`uid=${UID} `))).toEqual([]);
        expect(fleet.events('hook-failed')).toEqual([]);
      });
    },
  );

  test('inherits none of root’s variables, but has its own home; check reports what it does not inherit', async () => {
    const workers = {
      few: {run: ['sleep', '1000'], user: String(UID), env: {OWN: 'yes'}},
      all: {run: ['sleep', '1000'], user: 'nobody', env_inherit: true},
    };
    await using(fleetOf(workers), async fleet => {
      Object.assign(fleet.env, {DEPLOY_TOKEN: 'secret', SSH_AUTH_SOCK: '/x', MAIL: '/var/mail/root', TMPDIR: '/tmp'});
      Object.assign(fleet.env, {
        LOGNAME: 'root',
        USER: 'root',
        HOME: '/root',
        SHELL: '/bin/bash',
        SUDO_USER: 'somebody',
      });
      expect(fleet.run('check').err).toMatch(/few\.user: .*env_inherit is false/);
      expect(fleet.run('check').err).not.toMatch(/all\.user/);
      fleet.up('--wait');
      const [few, all] = await fleet.ready('few', 'all');
      const brood = /^(BROOD_|PATH$|LANG$|TZ$)/;
      const own = Object.entries(variables(few?.pid ?? null)).filter(([name]) => !brood.test(name));
      expect(Object.fromEntries(own)).toEqual({HOME: '/', OWN: 'yes'});
      const inherited = variables(all?.pid ?? null);
      expect(inherited).toMatchObject({DEPLOY_TOKEN: 'secret', USER: 'nobody', LOGNAME: 'nobody'});
      expect(inherited['MAIL']).toBeUndefined();
      expect(inherited['HOME']).not.toBe('/root');
    });
  });

  test('has the groups, the bounding set and the privileges of its fleet file', async () => {
    const workers = {
      w: {
        run: ['sleep', '1000'],
        user: String(UID),
        groups: ['adm', '64400'],
        no_new_privs: true,
        capabilities: ['CAP_NET_BIND_SERVICE', 'chown'],
      },
      none: {run: ['sleep', '1000'], capabilities: []},
      plain: {run: ['sleep', '1000'], user: 'nobody'},
    };
    await using(fleetOf(workers), async fleet => {
      fleet.up('--wait');
      const [w, none, plain] = await fleet.ready('w', 'none', 'plain');
      const adm = execFileSync('getent', ['group', 'adm'], {encoding: 'utf8'}).split(':')[2] ?? '';
      const pid = w?.pid ?? null;
      expect(statusOf(pid, 'Uid').split('\t')).toEqual(Array(4).fill(String(UID)));
      expect(statusOf(pid, 'Gid').split('\t')).toEqual(Array(4).fill(String(UID)));
      expect(statusOf(pid, 'Groups').trim().split(' ').sort()).toEqual([adm, '64400'].sort());
      expect(statusOf(pid, 'NoNewPrivs')).toBe('1');
      expect(BigInt(`0x${statusOf(pid, 'CapBnd')}`)).toBe((1n << 10n) | 1n);
      expect(BigInt(`0x${statusOf(none?.pid ?? null, 'CapBnd')}`)).toBe(0n);
      expect(BigInt(`0x${statusOf(none?.pid ?? null, 'CapEff')}`)).toBe(0n);
      expect(statusOf(plain?.pid ?? null, 'NoNewPrivs')).toBe('0');
    });
  });

  test('gets nothing from a file that it may not read itself, wherever its links lead', async () => {
    const workers = {
      link: {run: ['sleep', '1000'], user: String(UID), env_file: 'srv/.env', restart: 'never'},
      good: {run: ['sleep', '1000'], user: String(UID), env_file: 'srv/good.env'},
    };
    await using(fleetOf(workers), async fleet => {
      writeFileSync(fleet.path('secret'), 'LEAK=of-root\n', {mode: 0o600});
      symlinkSync(fleet.path('secret'), fleet.path('srv/.env'));
      writeFileSync(fleet.path('srv/good.env'), 'GOOD=yes\n');
      giveTo(UID, fleet.path('srv'));
      chownSync(fleet.path('secret'), 0, 0);
      fleet.up();
      const link = await fleet.status('link', 'failed');
      expect(link.reason).toMatch(/env_file .*is not readable by that user/);
      const [good] = await fleet.ready('good');
      expect(variables(good?.pid ?? null)['GOOD']).toBe('yes');
    });
  });

  test('fails to start, before anything runs, if it may not enter its folder or run its program, though root could', async () => {
    const failing = {user: String(UID), restart: 'never'};
    const workers = {
      folder: {run: ['sleep', '1000'], cwd: 'private', ...failing},
      gone: {run: ['sleep', '1000'], cwd: 'nowhere', ...failing},
      program: {run: ['./private/run'], ...failing},
      missing: {run: ['no-such-program'], ...failing},
      denied: {run: ['./denied'], ...failing},
    };
    await using(fleetOf(workers), async fleet => {
      mkdirSync(fleet.path('private'), {mode: 0o700});
      writeFileSync(fleet.path('private/run'), '#!/bin/sh\nsleep 1000\n', {mode: 0o755});
      writeFileSync(fleet.path('denied'), '#!/bin/sh\nsleep 1000\n', {mode: 0o700});
      fleet.up();
      const reasons: Record<string, string | null> = {};
      for (const id of Object.keys(workers)) reasons[id] = (await fleet.status(id, 'failed')).reason;
      expect(reasons).toEqual({
        folder: expect.stringMatching(/private does not exist or can't be entered by user/) as string,
        gone: expect.stringMatching(/nowhere does not exist or can't be entered by user/) as string,
        program: expect.stringMatching(/private\/run can't be started: no such file/) as string,
        missing: expect.stringMatching(/no-such-program: not found in PATH/) as string,
        denied: expect.stringMatching(/denied can't be started: it is not executable/) as string,
      });
      expect(fleet.events('spawned')).toEqual([]);
    });
  });
});

describe.skipIf(!isRoot)('a folder that a worker of another user watches (needs root)', () => {
  test('is watched without the targets of its links, and is reported if it does not exist', async () => {
    const workers = {
      w: {run: ['sleep', '1000'], user: String(UID), watch: ['srv', 'srv/later']},
    };
    await using(fleetOf(workers), async fleet => {
      mkdirSync(fleet.path('elsewhere'));
      symlinkSync(fleet.path('elsewhere'), fleet.path('srv/link'));
      fleet.up('--wait');
      const [first] = await fleet.ready('w');
      const status = (): string => fleet.run('status', 'w').out;
      await until('it is watched, and what is missing is said', () =>
        /watches .*srv.*srv\/later does not exist/.test(status()),
      );
      writeFileSync(fleet.path('elsewhere/file'), 'x');
      writeFileSync(fleet.path('srv/own'), 'x');
      await fleet.successor('w', first?.pid ?? 0);
      expect(fleet.events('file-changed')).toMatchObject([{path: 'srv/own', files: 1}]);
    });
  });
});

describe('an env_file', () => {
  const sleeper = {run: ['sleep', '1000']};

  test('that is a FIFO, an endless device, a folder, or too large: its worker fails with that reason, the others run on', async () => {
    const workers = {
      fifo: {...sleeper, env_file: 'fifo', restart: 'never'},
      zero: {...sleeper, env_file: '/dev/zero', restart: 'never'},
      folder: {...sleeper, env_file: '.', restart: 'never'},
      large: {...sleeper, env_file: 'large', restart: 'never'},
      other: sleeper,
    };
    await using(new TestFleet({fleet: 't', workers}), async fleet => {
      execFileSync('mkfifo', [fleet.path('fifo')]);
      writeFileSync(fleet.path('large'), `A=${'x'.repeat(2 ** 20)}\n`);
      fleet.up();
      const reasons: Record<string, string | null> = {};
      for (const id of ['fifo', 'zero', 'folder', 'large']) reasons[id] = (await fleet.status(id, 'failed')).reason;
      expect(reasons).toEqual({
        fifo: expect.stringMatching(/fifo can't be read: it is not a regular file/) as string,
        zero: expect.stringMatching(/zero can't be read: it is not a regular file/) as string,
        folder: expect.stringMatching(/can't be read: it is a folder/) as string,
        large: expect.stringMatching(/large can't be read: it is larger than 1MiB/) as string,
      });
      const [other] = await fleet.ready('other');
      process.kill(other!.pid!, 'SIGKILL');
      await fleet.successor('other', other?.pid ?? 0);
      expect(fleet.run('down').code).toBe(0);
    });
  });

  test.skipIf(!isRoot)('of another user that is a FIFO delays nothing (needs root)', async () => {
    // The file is checked before it is opened; a name that leads to a terminal or a FIFO by then must not matter.
    const workers = {
      app: {...sleeper, user: String(UID), env_file: 'srv/.env', restart: 'never', stop: {timeout: '1s'}},
      other: sleeper,
    };
    await using(fleetOf(workers), async fleet => {
      execFileSync('mkfifo', [fleet.path('srv/.env')]);
      giveTo(UID, fleet.path('srv'));
      fleet.up();
      expect((await fleet.status('app', 'failed')).reason).toMatch(/not a regular file/);
      await fleet.ready('other');
    });
  });

  test('is read while its worker is stopped and restarted: two never run at once, and a stopped worker stays stopped', async () => {
    await using(new TestFleet({fleet: 't', workers: {app: {...sleeper, env_file: '.env'}}}), async fleet => {
      writeFileSync(fleet.path('.env'), 'A=1\n');
      fleet.up('--wait');
      for (let round = 0; round < 5; round++) {
        await Promise.all([fleet.runAsync('restart', 'app'), fleet.runAsync('stop', 'app')]);
        expect(fleet.named('sleep').length).toBeLessThan(2);
        expect(fleet.run('stop', 'app').code).toBe(0);
        expect([fleet.worker('app').status, fleet.named('sleep')]).toEqual(['stopped', []]);
        expect(fleet.run('start', 'app').code).toBe(0);
        expect(fleet.named('sleep')).toHaveLength(1);
      }
    });
  });
});
