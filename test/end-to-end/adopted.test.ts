/** Workers whose keeper died: the next one adopts exactly these, notices their exits, and touches no other process. */
import {existsSync, readdirSync, readFileSync, truncateSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {TestFleet, tellsEnds, until} from './harness.ts';
import {loseSupervisor} from './losing.ts';
import {commandLine, environment, lives, look} from './processes.ts';
import {isRoot, lineageFleet, using, WrappedFleet} from './wrapped.ts';

const sleeper = {run: ['sleep', '1000']};
const never = {restart: 'never'};

async function loseKeeper(fleet: TestFleet): Promise<void> {
  const {keeper} = fleet;
  process.kill(keeper, 'SIGKILL');
  await until('the next keeper', () => fleet.keeper !== keeper);
}

const runsFolder = (fleet: TestFleet): string => join(fleet.home, readdirSync(fleet.home)[0] ?? '', 'runs');
const gone = (pid: number): Promise<unknown> => until(`${pid} to be gone`, () => look(pid) === null);
const dead = (pid: number): Promise<unknown> => until(`${pid} to have ended`, () => !lives(pid));

/** Root also tests an ordinary user without a cgroup, where lineage alone attributes processes to workers. */
const users = isRoot ? ['root', 'an ordinary user'] : ['an ordinary user'];
const fleetOf = (user: string, fleet: object): TestFleet =>
  isRoot && user !== 'root' ? lineageFleet(fleet) : new TestFleet(fleet);
const seconds = (fleet: TestFleet): string[] =>
  fleet
    .tagged()
    .filter(({name}) => name === 'sleep')
    .map(({pid}) => commandLine(pid)[1] ?? '');

const ends = {
  workers: {
    code: {sh: 'trap "exit 42" USR1; touch code; while :; do sleep 0.02; done', ...never},
    well: {sh: 'trap "exit 0" USR1; touch well; while :; do sleep 0.02; done', ...never},
    term: {...sleeper, ...never},
    realtime: {...sleeper, ...never},
  },
  async provoke(fleet: TestFleet): Promise<void> {
    await until('the traps', () => existsSync(fleet.path('code')) && existsSync(fleet.path('well')));
    const pid = (id: string): number => fleet.worker(id).pid!;
    process.kill(pid('code'), 'SIGUSR1');
    process.kill(pid('well'), 'SIGUSR1');
    process.kill(pid('term'), 'SIGTERM');
    process.kill(pid('realtime'), 34);
  },
  async expectTold(fleet: TestFleet): Promise<void> {
    for (const id of ['code', 'term', 'realtime']) await fleet.status(id, 'failed');
    await fleet.status('well', 'finished');
    expect(fleet.worker('code').exit).toMatchObject({code: 42, signal: null, reason: 'exited'});
    expect(fleet.worker('well').exit).toMatchObject({code: 0, signal: null});
    expect(fleet.worker('term').exit).toMatchObject({code: null, signal: 'SIGTERM', reason: 'signalled'});
    expect(fleet.worker('realtime').exit).toMatchObject({code: null, signal: 'SIGRTMIN'});
    expect(fleet.events('exited').map(({worker}) => worker)).toHaveLength(4);
  },
};

describe('the exit of an adopted worker', () => {
  test.skipIf(!tellsEnds)('is reported, though another process has waited for it (needs Linux 6.15)', async () => {
    await using(new TestFleet({fleet: 't', workers: ends.workers}), async fleet => {
      fleet.up('--wait');
      await loseKeeper(fleet);
      await ends.provoke(fleet);
      await ends.expectTold(fleet);
      // The next keeper and controller report the same exits, and count them once.
      await loseKeeper(fleet);
      await ends.expectTold(fleet);
    });
  });

  test('is reported at once while no process waits for it, because the anchor is stopped', async () => {
    await using(new TestFleet({fleet: 't', workers: ends.workers}), async fleet => {
      fleet.up('--wait');
      await loseKeeper(fleet);
      const {anchor} = fleet;
      process.kill(anchor, 'SIGSTOP');
      const pid = fleet.worker('term').pid!;
      await ends.provoke(fleet);
      await ends.expectTold(fleet);
      expect(look(pid)?.state).toBe('Z');
      process.kill(anchor, 'SIGCONT');
      await gone(pid);
      await loseKeeper(fleet);
      expect(fleet.anchor).toBe(anchor);
    });
  });
});

test('a SIGSTOP and a SIGCONT to an adopted worker by hand are noticed', async () => {
  await using(new TestFleet({fleet: 't', workers: {w: sleeper}}), async fleet => {
    fleet.up('--wait');
    await loseKeeper(fleet);
    const pid = fleet.worker('w').pid!;
    process.kill(pid, 'SIGSTOP');
    await until('the flag', () => fleet.worker('w').flags.includes('paused'));
    process.kill(pid, 'SIGCONT');
    await until('no flag', () => !fleet.worker('w').flags.includes('paused'));
    expect(fleet.worker('w').pid).toBe(pid);
    expect(fleet.run('pause', 'w').code).toBe(0);
    expect(fleet.run('stop', 'w').code).toBe(0);
    expect(look(pid)).toBe(null);
  });
});

describe('after the loss of anchor, keeper and controller, the next up', () => {
  test.each(users)(
    'as %s finds each run by its record, however that is torn: no worker runs twice, no process is left',
    async user => {
      const instances = 12;
      await using(fleetOf(user, {fleet: 't', workers: {w: {...sleeper, instances}}}), async fleet => {
        fleet.up('--wait');
        const before = new Map(fleet.ps().workers.map(({id, pid}) => [id, pid]));
        await loseSupervisor(fleet);
        const folder = runsFolder(fleet);
        const records = readdirSync(folder).filter(name => name.endsWith('.run'));
        expect(records).toHaveLength(instances);
        let whole = '';
        records.forEach((name, index) => {
          const path = join(folder, name);
          const text = readFileSync(path);
          truncateSync(path, Math.ceil((text.length * index) / (instances - 1)));
          if (index === instances - 1) whole = /"id":"(.*?)"/.exec(text.toString())?.[1] ?? '';
        });
        let most = 0;
        const watch = setInterval(() => (most = Math.max(most, fleet.named('sleep').length)), 20);
        try {
          await fleet.runAsync('up', '-d', '--wait');
        } finally {
          clearInterval(watch);
        }
        expect(most).toBeLessThanOrEqual(instances);
        expect(fleet.ps().workers.every(({status}) => status === 'ready')).toBe(true);
        expect(
          fleet
            .named('sleep')
            .map(({pid}) => pid)
            .sort(),
        ).toEqual(
          fleet
            .ps()
            .workers.map(({pid}) => pid)
            .sort(),
        );
        expect(fleet.worker(whole)).toMatchObject({pid: before.get(whole), adopted: true});
        expect(fleet.run('down').code).toBe(0);
        await until('nothing to be left', () => fleet.tagged().length === 0);
      });
    },
  );

  test('with too few descriptors to adopt all workers, starts none twice, and watches the rest when descriptors are free', async () => {
    const instances = 30;
    const fleet = new WrappedFleet([], {fleet: 't', workers: {w: {...sleeper, instances}}});
    await using(fleet, async few => {
      few.up('--wait');
      const before = few.ps().workers.map(({pid}) => pid!);
      await loseSupervisor(few);
      // Each worker takes three. The keeper has some thirty of its own and keeps sixteen free: enough for twelve
      // workers, and ten are left below.
      few.prefix = ['prlimit', '--nofile=84:84', '--'];
      few.up('--wait');
      expect(few.ps().workers.map(({pid}) => pid)).toEqual(before);
      process.kill(before[29]!, 'SIGKILL');
      process.kill(before[0]!, 'SIGKILL');
      const ids = Array.from({length: 20}, (_, index) => `w/${index + 5}`);
      expect(few.run('stop', ...ids).code).toBe(0);
      await few.successor('w/1', before[0]!);
      await few.successor('w/30', before[29]!);
      expect(few.named('sleep')).toHaveLength(instances - ids.length);
      expect(few.run('down').code).toBe(0);
      await until('nothing to be left', () => few.tagged().length === 0);
    });
  });

  const odd = {
    // Nothing in the environment names the worker any more.
    bare: {sh: 'exec env -i /bin/sleep 1001'},
    // A descendant leads a session of its own and carries the token.
    stray: {sh: 'setsid sleep 5000 & exec sleep 1002'},
    ...(isRoot ? {other: {sh: 'exec setpriv --reuid=64400 --regid=64400 --clear-groups env -i /bin/sleep 1003'}} : {}),
  };
  const mains = isRoot ? ['1001', '1002', '1003'] : ['1001', '1002'];

  test('adopts a worker that cleared its environment or runs as another user, and takes no descendant for a main process', async () => {
    await using(new TestFleet({fleet: 't', workers: odd}), async fleet => {
      fleet.up('--wait');
      await until('all', () => seconds(fleet).sort().join() === [...mains, '5000'].join());
      const before = fleet.ps().workers;
      const stray = before.find(({worker}) => worker === 'stray')!;
      expect(environment(before[0]!.pid!).join('')).toBe('');
      await loseSupervisor(fleet);
      process.kill(stray.pid!, 'SIGKILL');
      await dead(stray.pid!);
      fleet.up('--wait');
      const after = fleet.ps().workers;
      for (const {id, pid} of before)
        if (id !== stray.id) expect(after.find(one => one.id === id)).toMatchObject({pid, adopted: true});
      expect(commandLine(fleet.worker('stray').pid!)).toEqual(['sleep', '1002']);
      await until('one of each', () => seconds(fleet).sort().join() === [...mains, '5000'].join());
      expect(fleet.run('down').code).toBe(0);
      await until('nothing to be left', () => fleet.tagged().length === 0);
    });
  });

  test.each(users)(
    'as %s ends a process that was forked and not recorded, also one without its environment, before it starts another',
    async user => {
      await using(fleetOf(user, {fleet: 't', workers: {bare: odd.bare, w: sleeper}}), async fleet => {
        fleet.up('--wait');
        const before = fleet.ps().workers.map(({pid}) => pid!);
        await until('the new environment', () => environment(before[0]!).join('') === '');
        await loseSupervisor(fleet);
        const folder = runsFolder(fleet);
        for (const name of readdirSync(folder).filter(entry => entry.endsWith('.run'))) {
          const [intent = ''] = readFileSync(join(folder, name), 'utf8').split('\n').filter(Boolean);
          writeFileSync(join(folder, name), `${intent}\n`);
        }
        fleet.up('--wait');
        expect(before.filter(lives)).toEqual([]);
        // The worker is ready when it is spawned, and becomes `sleep` a moment later.
        await until('one of each', () => seconds(fleet).sort().join() === '1000,1001');
      });
    },
  );
});
