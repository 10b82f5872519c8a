/** Limits of workers: sampled memory; limits, nice, umask and user together. */
import {execFileSync, spawnSync} from 'node:child_process';
import {chmodSync, readFileSync} from 'node:fs';
import {expect, test, vi} from 'vitest';
import type {InstanceDetail} from '../../src/control/reports.ts';
import {whyNoLimit} from '../../src/process/cgroup.ts';
import {TestFleet, until} from './harness.ts';
import {commandLine} from './processes.ts';
import {isRoot, ordinaryFleet, using} from './wrapped.ts';

vi.setConfig({testTimeout: 120_000});

const detail = (fleet: TestFleet, id: string): InstanceDetail =>
  (fleet.json('status', id) as {instances: InstanceDetail[]}).instances[0]!;

/** Allocates a number of MiB, and waits. */
const HOLD = `
const mib = Number(process.argv[2]);
const held = Buffer.alloc(mib * 2 ** 20, 1);
setInterval(() => held.length, 1000);
`;
const MIB = 2 ** 20;

/** Memory is not sampled where the kernel enforces the limit. */
const isSampled = whyNoLimit('memory') !== null;

test.skipIf(!isSampled)(
  'a worker above its memory limit is ended by its stop ladder, with its whole tree, and that is a failure (needs a machine without a memory controller for it)',
  async () => {
    const workers = {
      alone: {
        sh: 'trap "echo asked > asked; exit 0" TERM; node hold.cjs 300 & while :; do sleep 0.05; done',
        restart: 'on-failure',
        backoff: {first: '1h', max: '1h'},
        limits: {memory: '200MiB'},
      },
      never: {run: ['node', 'hold.cjs', '300'], restart: 'never', limits: {memory: '200MiB'}},
      small: {run: ['sleep', '1000'], limits: {memory: '200MiB'}},
    };
    await using(new TestFleet({fleet: 't', workers}, {'hold.cjs': HOLD}), async fleet => {
      fleet.up();
      await fleet.status('never', 'failed');
      const {reason} = await fleet.status('alone', 'backoff');
      expect(reason).toMatch(/^used \d+(\.\d)?M of memory, over its limit of 200M$/);
      expect(fleet.read('asked')).toBe('asked\n');
      expect(fleet.worker('alone')).toMatchObject({restarts: 1, exit: {reason: 'memory'}});
      expect(fleet.worker('small')).toMatchObject({status: 'ready', restarts: 0});
      await until(
        'its whole tree to be gone',
        () => !fleet.tagged().some(({pid}) => commandLine(pid).includes('hold.cjs')),
      );
      const [exceeded] = fleet.events('memory-exceeded').filter(({worker}) => worker === 'never');
      expect(exceeded).toMatchObject({limit: 200 * MIB});
      expect(Number(exceeded?.['bytes'])).toBeGreaterThan(300 * MIB);
      expect(fleet.run('why', 'never').out.replace(/\s+/g, ' ')).toMatch(
        /it exceeded its memory limit.*its limit of 200M, so brood stopped it/,
      );
      const {limits} = detail(fleet, 'small');
      expect(limits.memory).toMatchObject({limit: 200 * MIB, by: 'sampling'});
      expect(fleet.run('status', 'small').out).toMatch(/limits +memory 200M \(sampled every second: /);
      const weaker = fleet.ps().supervisor.guarantees.weaker.filter(words => words.includes('memory of'));
      expect(weaker).toEqual([expect.stringMatching(/the memory of small is checked only once a second/)]);
      expect(fleet.run('down').code).toBe(0);
    });
  },
);

test.skipIf(!isSampled)(
  'memory that several processes share counts once (needs a machine without a memory controller for it)',
  async () => {
    // Both processes have the same 300 MiB in their resident sets.
    const program = `
import os, time
held = bytearray(b'x') * (300 << 20)
if os.fork() == 0: time.sleep(1000)
open('forked', 'w').write('yes')
time.sleep(1000)
`;
    const w = {run: ['python3', 'share.py'], limits: {memory: '450MiB'}};
    if (!hasPython()) return;
    await using(
      new TestFleet(
        {
          fleet: 't',
          workers: {
            w,
            sentry: {run: ['node', 'hold.cjs', '300'], restart: 'never', limits: {memory: '100MiB'}, after: ['w']},
          },
        },
        {'share.py': program, 'hold.cjs': HOLD},
      ),
      async fleet => {
        fleet.up();
        await until('the fork', () => fleet.read('forked') === 'yes');
        await until('both to be counted', () => (fleet.worker('w').rssBytes ?? 0) > 600 * MIB);
        // The sentry is ended by a sample, so `w` was sampled, too.
        fleet.run('start', 'sentry');
        await fleet.status('sentry', 'failed');
        expect(fleet.worker('w')).toMatchObject({status: 'ready', restarts: 0});
        expect(fleet.run('down').code).toBe(0);
      },
    );
  },
);

function hasPython(): boolean {
  try {
    execFileSync('python3', ['--version'], {stdio: 'ignore'});
    return true;
  } catch {
    return false;
  }
}

test.skipIf(whyNoLimit('cpu') === null)(
  'check reports the position of each limit that no cgroup enforces, and doctor the workers',
  async () => {
    const text = 'fleet: t\nworkers:\n  w:\n    run: sleep 1000\n    limits: {cpu: 50%, memory: 1GiB}\n';
    await using(new TestFleet(text), async fleet => {
      const {code, err} = fleet.run('check');
      expect(code).toBe(0);
      expect(err).toMatch(/^brood\.yaml:5:19: note: w\.limits\.cpu: can't be enforced here: /m);
      expect(err).toMatch(/^brood\.yaml:5:32: note: w\.limits\.memory: is checked only once a second here: /m);
      fleet.up('--wait');
      const doctor = fleet.run('doctor');
      expect(doctor.code).toBe(0);
      expect(doctor.out.replace(/\s+/g, ' ')).toMatch(
        /weaker-guarantee: .*the limit on processor time of w is not enforced/,
      );
      expect(detail(fleet, 'w').limits.cpu).toMatchObject({limit: 50, by: null});
      // The next keeper inspects the cgroup itself.
      const {keeper} = fleet;
      process.kill(keeper, 'SIGKILL');
      await until('another keeper', () => fleet.keeper !== keeper);
      expect(detail(fleet, 'w').limits).toMatchObject({cpu: {by: null}, memory: {by: 'sampling', limit: 1024 * MIB}});
      expect(fleet.run('down').code).toBe(0);
    });
  },
);

/** Returns an account with supplementary groups, or null. */
function accountWithGroups(): {name: string; home: string; uid: string; gids: string[]} | null {
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [name = '', , uid = '', , , home = ''] = line.split(':');
    if (name === '' || uid === '0') continue;
    const gids = execFileSync('id', ['-G', name], {encoding: 'utf8'}).trim().split(' ');
    if (gids.length > 1) return {name, home, uid, gids};
  }
  return null;
}

const account = isRoot ? accountWithGroups() : null;
const SHOW =
  'echo "$(id -u) $(id -G)"; nice; ulimit -n; ulimit -c; umask; echo "$HOME $USER $LOGNAME"; grep CapEff /proc/self/status; exec sleep 1000';

test.skipIf(account === null)(
  'nice below 0, more open files than the hard limit, umask and a user apply together, with all groups of that user (needs root and an account that is in more than one)',
  async () => {
    const {name, home, uid, gids} = account!;
    const hard = Number(execFileSync('sh', ['-c', 'ulimit -Hn'], {encoding: 'utf8'}).trim());
    // In some containers root may not raise the hard limit.
    const mayRaise = spawnSync('prlimit', [`--nofile=${hard + 10}:${hard + 10}`, 'true']).status === 0;
    const nofile = Number.isNaN(hard) ? 5000 : mayRaise ? hard + 10 : hard - 10;
    const all = {nice: -3, umask: '027', limits: {nofile, core: 0, memory: '1GiB', cpu: '90%'}, user: name};
    const workers = {
      w: {sh: SHOW, ...all},
      own: {sh: SHOW, user: uid, env: {HOME: '/elsewhere'}},
    };
    await using(new TestFleet({fleet: 't', workers}), async fleet => {
      chmodSync(fleet.folder, 0o711);
      fleet.up('--wait');
      const lines = (id: string): string[] => fleet.run('logs', id, '--raw').out.trim().split('\n');
      await until('all that they say', () => lines('w').length === 7 && lines('own').length === 7);
      const [ids = '', nice, files, core, mask, names, capabilities] = lines('w');
      expect(ids.split(' ').slice(1).sort()).toEqual([...gids].sort());
      expect(ids.split(' ')[0]).toBe(uid);
      expect([nice, files, core, mask]).toEqual(['-3', String(nofile), '0', '0027']);
      expect(names).toBe(`${home} ${name} ${name}`);
      expect(capabilities).toMatch(/^CapEff:\s+0+$/);
      expect(lines('own')[5]).toBe(`/elsewhere ${name} ${name}`);
      expect(fleet.run('down').code).toBe(0);
    });
  },
);

test('a setting that can not be applied is reported with the reason before anything is started', async () => {
  const limits = {nofile: 2_000_000_000};
  const workers = {
    files: {run: ['sleep', '1000'], limits, restart: 'never'},
    ...(isRoot ? {user: {run: ['sleep', '1000'], user: 'no-such-user', restart: 'never'}} : {}),
  };
  await using(new TestFleet({fleet: 't', workers}), async fleet => {
    fleet.up();
    expect((await fleet.status('files', 'failed')).reason).toMatch(
      /^limits\.nofile 2000000000: the (hard limit|kernel)/,
    );
    expect(fleet.run('why', 'files').out).toContain('correct the fleet file, then run `brood apply`');
    if (isRoot)
      expect((await fleet.status('user', 'failed')).reason).toBe('user no-such-user: no such account on this machine');
    expect(fleet.named('sleep')).toEqual([]);
    expect(fleet.run('down').code).toBe(0);
  });
});

test.skipIf(!isRoot)(
  'another user is rejected without root, with its position in the file (needs root, to be another user)',
  async () => {
    const text = 'fleet: t\nworkers:\n  w:\n    run: sleep 1000\n    user: nobody\n';
    await using(ordinaryFleet(text), fleet => {
      const {code, err} = fleet.run('up', '-d');
      expect(code).toBe(2);
      expect(err).toContain('brood.yaml:5:11: w.user: "nobody": needs root');
      return Promise.resolve();
    });
  },
);
