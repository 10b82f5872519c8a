/** The results of a stop and of `down` where processes may live unnoticed: each names its lesser proof. */
import {chmodSync, chownSync, copyFileSync} from 'node:fs';
import {release} from 'node:os';
import {describe, expect, test} from 'vitest';
import {TestFleet, until} from '../end-to-end/harness.ts';
import {commandLine, everyProcess, lives, look, send, type Seen} from '../end-to-end/processes.ts';
import {isRoot, ordinaryFleet, using, whyNoConnector} from '../end-to-end/wrapped.ts';
import {launcher} from '../lesser/launcher.ts';
import {skipped, withAway, type Away} from './runaway.ts';

const {missing, words} = launcher();
const whyNot = skipped ?? missing;
if (whyNot !== null) console.warn(`processes that go astray are not tested: ${whyNot}`);

const LESSER = 'nothing is left according to parents, sessions and environment';

/** Returns the process that moved away, once it has lost its parent. */
const astray = ([away]: readonly Away[]): Promise<Seen> =>
  until('the process that moved away to be nobody’s', () => {
    const [seen] = away?.seen ?? [];
    return seen !== undefined && look(seen.ppid)?.name !== 'python3' && seen;
  });

const fleetOf = ([away]: readonly Away[], under?: string[]): TestFleet =>
  new TestFleet({fleet: 't', workers: {a: {...away?.daemon()}}}, {}, under);

describe.skipIf(whyNot !== null)('where PR_SET_CHILD_SUBREAPER is refused', () => {
  test.skipIf(whyNoConnector !== null)('the process connector reports the child that moved away, which is ended', () =>
    withAway(
      1,
      away => fleetOf(away, words('ENOSYS', 'subreaper')),
      async (fleet, away) => {
        fleet.up('--wait');
        const {pid} = await astray(away);
        expect(fleet.run('stop', 'a').out).toBe('a/1 stopped (nothing is left: its cgroup is empty)\n');
        expect(lives(pid)).toBe(false);
        expect(fleet.run('down').out).toBe('fleet t is down: 1 instance stopped, nothing is left\n');
      },
    ),
  );

  test('and the connector with it, neither stop nor down reports that nothing is left, nor does down once the worker is gone', () =>
    withAway(
      1,
      away => fleetOf(away, words('ENOSYS', 'subreaper', 'netlink')),
      async (fleet, away) => {
        fleet.up('--wait');
        const {pid} = await astray(away);
        const {code, out} = fleet.run('stop', 'a');
        expect(code).toBe(0);
        expect(out).toContain(`a/1 stopped (${LESSER}; the kernel refuses PR_SET_CHILD_SUBREAPER: `);
        fleet.write({fleet: 't', workers: {b: {run: ['sleep', '1000']}}});
        expect(fleet.run('apply').code).toBe(0);
        const down = fleet.run('down');
        expect(down.code).toBe(0);
        expect(down.out).toContain(`${LESSER}; `);
        expect(down.out).toMatch(/a\/1, b\/1: the kernel refuses|b\/1, a\/1: the kernel refuses/);
        expect(lives(pid)).toBe(true);
      },
    ));
});

/** Kills every controller of a keeper as soon as it exists, while a command runs. */
async function withoutControllers<T>(keeper: number, command: Promise<T>): Promise<T> {
  const ended = command.finally(() => clearInterval(timer));
  const timer = setInterval(() => {
    for (const seen of everyProcess())
      if (seen.ppid === keeper && commandLine(seen.pid).some(word => word.endsWith('controller.cjs')))
        send(seen, 'SIGKILL');
  }, 20);
  return ended;
}

describe.skipIf(skipped !== null)('after anchor and keeper were lost together', () => {
  test('down without a controller that answers does not report that nothing is left', () =>
    withAway(1, fleetOf, async (fleet, away) => {
      fleet.up('--wait');
      const {pid} = await astray(away);
      fleet.killSupervisor();
      fleet.up('--wait');
      const {code, out} = await withoutControllers(fleet.keeper, fleet.runAsync('down'));
      expect(code).toBe(0);
      expect(out).toContain(`the keeper stopped every worker, ${LESSER}; a/1: the anchor of this run was lost`);
      expect(lives(pid)).toBe(true);
    }));

  test('down reports the loss also for a worker that was restarted since, but not after the next up', () =>
    withAway(1, fleetOf, async (fleet, away) => {
      fleet.up('--wait');
      await astray(away);
      fleet.killSupervisor();
      fleet.up('--wait');
      expect(fleet.run('restart', 'a').out).toContain('the anchor of this run was lost');
      expect(fleet.run('down').out).toContain(`1 instance stopped, ${LESSER}; a/1: the anchor of this run was lost`);
      // A new supervisor has lost nothing.
      away[0]?.seen.forEach(seen => send(seen, 'SIGKILL'));
      fleet.write({fleet: 't', workers: {b: {run: ['sleep', '1000']}}});
      fleet.up('--wait');
      expect(fleet.run('down').out).toBe('fleet t is down: 1 instance stopped, nothing is left\n');
    }));
});

/** A private mount: a remount of /proc would hide processes from the whole machine. */
const HIDDEN = ['unshare', '-m', 'sh', '-c', 'mount -t proc -o hidepid=2 proc /proc && exec "$@"', 'sh'];
const [major = 0, minor = 0] = release().split('.').map(Number);
const isProcPerMount = major > 5 || (major === 5 && minor >= 8);

test.skipIf(!isRoot || !isProcPerMount)('a child that /proc hides is named as long as it lives', async () => {
  const workers = {a: {sh: './hidden 1000 & exec sleep 1000'}};
  await using(ordinaryFleet({fleet: 't', workers}, {hidden: ''}, undefined, HIDDEN), async fleet => {
    copyFileSync('/bin/sleep', fleet.path('hidden'));
    chownSync(fleet.path('hidden'), 0, 0);
    chmodSync(fleet.path('hidden'), 0o4755);
    fleet.up('--wait');
    const [hidden] = await until('it to run', () => {
      const found = fleet.named('hidden');
      return found.length === 1 && found;
    });
    if (!hidden) throw new Error('there is none');
    const {code, out} = fleet.run('stop', 'a');
    expect(lives(hidden.pid)).toBe(true);
    expect(code).toBe(0);
    expect(out).toContain(`a/1 stopped (${LESSER}; process ${hidden.pid}`);
    expect(out).toContain('hidepid');
    const down = fleet.run('down').out;
    expect(down).toContain(`${LESSER}; a/1: process ${hidden.pid}`);
    send(hidden, 'SIGKILL');
  });
});
