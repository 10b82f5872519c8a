/** The result of a stop is true for children that have left the cgroup, session and environment of their worker. */
import {describe, expect, test} from 'vitest';
import type {Outcomes} from '../../src/control/reports.ts';
import {TestFleet, until} from '../end-to-end/harness.ts';
import {lives} from '../end-to-end/processes.ts';
import {whyNoConnector} from '../end-to-end/wrapped.ts';
import {skipped, withAway, type Away} from './runaway.ts';

if (skipped !== null) console.warn(`processes that leave their cgroup are not tested: ${skipped}`);

const sleeper = {run: ['sleep', '1000']};

const json = (fleet: TestFleet, ...args: string[]): Outcomes =>
  JSON.parse(fleet.run(...args, '--json').out) as Outcomes;

/** Kills the keeper, and waits for the one that the anchor starts. */
async function loseKeeper(fleet: TestFleet): Promise<void> {
  const {keeper} = fleet;
  process.kill(keeper, 'SIGKILL');
  await until('another keeper', () => fleet.keeper !== keeper);
}

/** A fleet with a worker whose daemon moves away, and a worker that could have started it as well. */
const two = ([away]: readonly Away[]): TestFleet =>
  new TestFleet({fleet: 't', workers: {b: sleeper, a: {...away?.daemon(), after: ['b']}}});

const first = (away: readonly Away[]): Away => {
  const [one] = away;
  if (!one) throw new Error('there is none');
  return one;
};

describe.skipIf(skipped !== null)('a child that has moved to another cgroup', () => {
  test.each(['daemon', 'sibling'] as const)('is ended with the only worker (%s)', kind =>
    withAway(
      1,
      away => new TestFleet({fleet: 't', workers: {a: first(away)[kind]()}}),
      async (fleet, away) => {
        fleet.up('--wait');
        const {keeper} = fleet;
        const {pid} = await first(away).orphan(() => keeper);
        const {code, out} = fleet.run('stop', 'a');
        expect({code, out}).toEqual({code: 0, out: 'a/1 stopped (nothing is left: its cgroup is empty)\n'});
        expect(lives(pid)).toBe(false);
        expect(fleet.events('orphan-adopted').find(event => event.pid === pid)).toMatchObject({worker: 'a'});
      },
    ),
  );

  test('is named by a stop, which proves nothing, while two workers may own it; then it belongs to the last one', () =>
    withAway(1, two, async (fleet, away) => {
      fleet.up('--wait');
      const {keeper} = fleet;
      const {pid} = await first(away).orphan(() => keeper);
      const stopped = fleet.run('stop', 'a');
      expect(stopped.code).toBe(0);
      expect(stopped.out).toMatch(/^a\/1 stopped \(nothing is left according to parents, sessions and environment; /);
      expect(stopped.out).toContain(`${pid} sleep may belong to it`);
      expect(stopped.out).toContain('b/1');
      expect(lives(pid)).toBe(true);
      expect(json(fleet, 'stop', 'a').outcomes).toMatchObject([{ok: true, proof: 'lineage', doubts: [{pid}]}]);
      expect(fleet.run('status', 'a').out).toContain(`${pid} sleep may belong to it`);
      expect(fleet.run('why', 'a').out).toContain(`${pid} sleep may belong to it`);
      expect(fleet.events('not-proved')).toMatchObject([{worker: 'a', instance: 1, proof: 'lineage'}]);
      const last = json(fleet, 'stop', 'b').outcomes;
      expect(last).toMatchObject([{ok: true, proof: 'cgroup', survivors: []}]);
      expect(last[0]).not.toHaveProperty('doubts');
      expect(lives(pid)).toBe(false);
      // The child is in doubt no longer.
      expect(fleet.run('status', 'a').out).not.toContain('may belong to it');
    }));

  test('is named by restart, and ended by remove once its owner is certain', () =>
    withAway(1, two, async (fleet, away) => {
      fleet.up('--wait');
      const {keeper} = fleet;
      const {pid} = await first(away).orphan(() => keeper);
      const restarted = fleet.run('restart', 'b');
      expect(restarted.code).toBe(0);
      expect(restarted.out).toMatch(/^b\/1 ready \(previous run: nothing is left according to parents, /);
      expect(restarted.out).toContain(`${pid} sleep may belong to it`);
      // The next run of b is younger than the child, which therefore belongs to a.
      expect(json(fleet, 'remove', 'a').outcomes).toMatchObject([{status: 'removed', ok: true, proof: 'cgroup'}]);
      expect(lives(pid)).toBe(false);
    }));

  test('is named by remove if it may be left', () =>
    withAway(1, two, async (fleet, away) => {
      fleet.up('--wait');
      const {keeper} = fleet;
      const {pid} = await first(away).orphan(() => keeper);
      const {code, out} = fleet.run('remove', 'a');
      expect(code).toBe(0);
      expect(out).toContain(`${pid} sleep may belong to it`);
      expect(out).not.toMatch(/nothing is left:/);
    }));

  test('does not affect the stop of a worker that was started later', () =>
    withAway(1, two, async (fleet, away) => {
      fleet.up('--wait');
      const {keeper} = fleet;
      const {pid} = await first(away).orphan(() => keeper);
      fleet.run('add', '--name', 'late', '--', 'sleep', '1000');
      await fleet.ready('late');
      expect(json(fleet, 'stop', 'late').outcomes).toMatchObject([{ok: true, proof: 'cgroup'}]);
      expect(lives(pid)).toBe(true);
      // After a restart of both, no run can own the child.
      expect(fleet.run('restart', 'a', 'b').code).toBe(0);
      await until('it to be ended', () => !lives(pid));
    }));

  test('is ended by down before down reports that nothing is left', () =>
    withAway(1, two, async (fleet, away) => {
      fleet.up('--wait');
      const {keeper} = fleet;
      const {pid} = await first(away).orphan(() => keeper);
      const {code, out} = fleet.run('down');
      expect(lives(pid)).toBe(false);
      expect({code, out}).toEqual({code: 0, out: 'fleet t is down: 2 instances stopped, nothing is left\n'});
    }));

  test('may also come from a program that the supervisor ran', () =>
    withAway(
      1,
      away =>
        new TestFleet({
          fleet: 't',
          workers: {a: {...first(away).daemon('go'), health: {exec: ['sh', '-c', 'touch checked'], every: '100ms'}}},
        }),
      async (fleet, away) => {
        fleet.up('--wait');
        await until('a check', () => fleet.read('checked') !== '' || fleet.run('status', 'a').out.includes('health'));
        const {keeper} = fleet;
        fleet.write('', 'go');
        const {pid} = await first(away).orphan(() => keeper);
        const {code, out} = fleet.run('stop', 'a');
        expect(code).toBe(0);
        expect(out).toContain(`${pid} sleep may belong to it`);
        expect(out).toContain('a probe, a hook');
        expect(lives(pid)).toBe(true);
        expect(fleet.run('down').out).toContain('nothing is left');
        expect(lives(pid)).toBe(false);
      },
    ));

  test.skipIf(whyNoConnector !== null)('makes the supervisor follow forks, so that the next one is attributed', () =>
    withAway(
      2,
      ([one, other]) =>
        new TestFleet({
          fleet: 't',
          workers: {b: sleeper, a: {...one?.daemon(), after: ['b']}, c: {...other?.daemon('go'), after: ['a']}},
        }),
      async (fleet, [one, other]) => {
        fleet.up('--wait');
        const {keeper} = fleet;
        const known = await one?.orphan(() => keeper);
        await until('it to be reported', () => fleet.events('orphan-adopted').some(({pid}) => pid === known?.pid));
        fleet.write('', 'go');
        const next = await other?.orphan(() => keeper);
        await until('the other to be reported', () =>
          fleet.events('orphan-adopted').some(({pid, worker}) => pid === next?.pid && worker === 'c'),
        );
        expect(fleet.ps().supervisor.guarantees.weaker.join('\n')).toContain(`while ${known?.pid} (sleep) lives`);
        const {outcomes} = json(fleet, 'stop', 'c');
        expect(lives(next?.pid ?? 0)).toBe(false);
        expect(lives(known?.pid ?? 0)).toBe(true);
        expect(outcomes).toMatchObject([{ok: true, survivors: []}]);
      },
    ),
  );
});

describe.skipIf(skipped !== null)('after the keeper was lost', () => {
  test('an orphan of the anchor is attributed in the same way', () =>
    withAway(
      1,
      away => new TestFleet({fleet: 't', workers: {a: first(away).daemon('go')}}),
      async (fleet, away) => {
        fleet.up('--wait');
        await until('the process that moves away', () => first(away).seen.length === 1);
        const {anchor} = fleet;
        await loseKeeper(fleet);
        fleet.write('', 'go');
        const {pid} = await first(away).orphan(() => anchor);
        expect(json(fleet, 'stop', 'a').outcomes).toMatchObject([{ok: true, proof: 'cgroup', survivors: []}]);
        expect(lives(pid)).toBe(false);
      },
    ));

  test('the stop of a worker without a lost child is proved by its cgroup, that of one with a daemon in doubt is not', () =>
    withAway(1, two, async (fleet, away) => {
      fleet.up('--wait');
      const {keeper, anchor} = fleet;
      await first(away).orphan(() => keeper);
      await loseKeeper(fleet);
      const {pid} = await first(away).orphan(() => anchor);
      expect(json(fleet, 'stop', 'a').outcomes).toMatchObject([{ok: true, proof: 'lineage', doubts: [{pid}]}]);
      expect(json(fleet, 'stop', 'b').outcomes).toMatchObject([{ok: true, proof: 'cgroup'}]);
      expect(lives(pid)).toBe(false);
      expect(fleet.run('start', 'a', 'b').code).toBe(0);
    }));

  test('and the anchor with it, no stop proves that no child got away', () =>
    withAway(
      1,
      away => new TestFleet({fleet: 't', workers: {a: first(away).daemon()}}),
      async (fleet, away) => {
        fleet.up('--wait');
        const {keeper} = fleet;
        await first(away).orphan(() => keeper);
        fleet.killSupervisor();
        fleet.up('--wait');
        const {code, out} = fleet.run('stop', 'a');
        expect(code).toBe(0);
        expect(out).not.toContain('nothing is left:');
        expect(out).toContain('anchor');
        expect(fleet.run('start', 'a').code).toBe(0);
      },
    ));
});
