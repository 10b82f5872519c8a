/** Fleets without cgroups: the kernel's process connector attributes processes to workers. */
import {describe, expect, test} from 'vitest';
import type {FindingsReport, Outcomes} from '../../src/control/reports.ts';
import {until, type TestFleet} from './harness.ts';
import {installation, runOf} from './installation.ts';
import {commandLine, everyProcess, lives, type Seen} from './processes.ts';
import {connectorFleet, flood, isFloodable, isRoot, ordinaryFleet, using, whyNoConnector} from './wrapped.ts';

const skipped = whyNoConnector ?? (isRoot ? null : 'it takes root to have a connector and no cgroups');
if (skipped !== null) console.warn(`keepers with a process connector are not tested: ${skipped}`);

/** A daemon that forks twice, starts a session and clears its environment: it keeps no trace of its origin. */
const hidden = (seconds: number): string => `(env -i /usr/bin/setsid /bin/sh -c "/bin/sleep ${seconds} &" &)`;

const sleeping = (seconds: number): Seen | undefined =>
  everyProcess().find(({pid}) => commandLine(pid).join(' ') === `/bin/sleep ${seconds}`);

const stop = (fleet: TestFleet, ...names: string[]): Outcomes =>
  JSON.parse(fleet.run('stop', ...names, '--json').out) as Outcomes;

describe.skipIf(skipped !== null)('without cgroups', () => {
  test('the connector attributes a daemon without a trace of its origin, and a stop ends only the worker’s own', () =>
    using(
      connectorFleet({
        fleet: 't',
        workers: {
          one: {sh: `${hidden(4101)}; exec sleep 1000`},
          two: {sh: `${hidden(4102)}; exec sleep 1000`},
          // A failed start is a fork of the keeper, too.
          wrong: {run: ['./missing'], restart: 'never'},
        },
      }),
      async fleet => {
        fleet.up();
        expect(fleet.ps().supervisor.guarantees.lineage).toBe('connector');
        await fleet.ready('one', 'two');
        const {keeper} = fleet;
        const [first, second] = await until('both to be orphans', () => {
          const found = [sleeping(4101), sleeping(4102)].filter(seen => seen?.ppid === keeper);
          return found.length === 2 && found.filter(seen => seen !== undefined);
        });
        const orphan = await until(
          'the first to be told of',
          () => fleet.events('orphan-adopted').find(({pid}) => pid === first?.pid),
          20_000,
        );
        expect(orphan).toMatchObject({worker: 'one', instance: 1});
        const {orphans} = fleet.json('doctor') as FindingsReport;
        const told = orphans.find(({pid}) => pid === first?.pid);
        expect(told).toMatchObject({worker: 'one', formerParent: expect.any(Number) as number});
        // The last program of the parent, if there was time to read it.
        expect(['sh', 'setsid', 'env', '?']).toContain(told?.formerParentName);
        expect(stop(fleet, 'one').outcomes).toMatchObject([{ok: true, proof: 'connector', survivors: []}]);
        expect(lives(first?.pid ?? 0)).toBe(false);
        expect(lives(second?.pid ?? 0)).toBe(true);
        expect(stop(fleet, 'two').outcomes).toMatchObject([{ok: true, proof: 'connector'}]);
        expect(lives(second?.pid ?? 0)).toBe(false);
      },
    ));

  test('an orphan that may have ended when it is found is attributed to its worker', () =>
    using(
      connectorFleet({
        fleet: 't',
        workers: {
          brief: {sh: `while :; do (env -i /usr/bin/setsid /bin/sh -c "/bin/sleep 0.05 &" &); sleep 0.3; done`},
        },
      }),
      async fleet => {
        fleet.up('--wait');
        const events = await until('some orphans', () => {
          const found = fleet.events('orphan-adopted');
          return found.length >= 3 && found;
        });
        for (const event of events) expect(event).toMatchObject({worker: 'brief', instance: 1});
      },
    ));

  test('after the loss of the keeper the next one follows the forks of the processes it finds, and names those it can’t be sure of', () =>
    using(
      connectorFleet({
        fleet: 't',
        workers: {first: {run: ['sleep', '1000']}, w: {sh: `${hidden(4104)}; exec sleep 1000`, after: ['first']}},
      }),
      async fleet => {
        fleet.up('--wait');
        const {keeper, anchor} = fleet;
        await until('the daemon to be an orphan', () => sleeping(4104)?.ppid === keeper);
        process.kill(keeper, 'SIGKILL');
        await until('another keeper', () => fleet.keeper !== keeper);
        const daemon = await until('the daemon to be the anchor’s', () => {
          const seen = sleeping(4104);
          return seen?.ppid === anchor && seen;
        });
        const [outcome] = stop(fleet, 'w').outcomes;
        // Only its output still links the daemon to its worker, and any process may inherit that.
        expect(outcome).toMatchObject({ok: true, proof: 'lineage', survivors: [], doubts: [{pid: null}]});
        expect(outcome?.doubts?.[0]?.words).toContain(`${daemon.pid} sleep had lost its parent`);
        expect(lives(daemon.pid)).toBe(false);
        expect(fleet.run('start', 'w').code).toBe(0);
        // The new run was followed from its first fork on.
        expect(stop(fleet, 'w').outcomes).toMatchObject([{ok: true, proof: 'connector'}]);
      },
    ));

  test('after the loss of the keeper, if there was no orphan, all descendants of its workers are known as before', () =>
    using(
      connectorFleet({
        fleet: 't',
        workers: {
          w: {sh: `while [ ! -e go ]; do sleep 0.05; done; ${hidden(4105)}; exec sleep 1000`},
          two: {run: ['sleep', '1000']},
        },
      }),
      async fleet => {
        fleet.up('--wait');
        const {keeper, anchor} = fleet;
        process.kill(keeper, 'SIGKILL');
        await until('another keeper', () => fleet.keeper !== keeper);
        fleet.write('', 'go');
        const daemon = await until('the daemon to be the anchor’s', () => {
          const seen = sleeping(4105);
          return seen?.ppid === anchor && seen;
        });
        expect(stop(fleet, 'w').outcomes).toMatchObject([{ok: true, proof: 'connector', survivors: []}]);
        expect(lives(daemon.pid)).toBe(false);
        expect(stop(fleet, 'two').outcomes).toMatchObject([{ok: true, proof: 'connector'}]);
      },
    ));

  test('a keeper that replaces itself keeps its knowledge of processes', () =>
    using(connectorFleet({fleet: 't', workers: {w: {sh: `${hidden(4103)}; exec sleep 1000`}}}), async fleet => {
      fleet.up('--wait');
      const {keeper} = fleet;
      const daemon = await until('the daemon to be an orphan', () => {
        const seen = sleeping(4103);
        return seen?.ppid === keeper && seen;
      });
      const other = installation(fleet, 'other', {'keeper.cjs': '//', 'controller.cjs': '//'});
      const upgraded = await runOf(fleet, other, {}, 'upgrade');
      expect(upgraded).toMatchObject({code: 0});
      expect(fleet.keeper).toBe(keeper);
      expect(stop(fleet, 'w').outcomes).toMatchObject([{ok: true, proof: 'connector', survivors: []}]);
      expect(lives(daemon.pid)).toBe(false);
    }));

  test.skipIf(!isFloodable)('lost events reduce the proof to lineage, for the runs of that time', () =>
    using(
      ordinaryFleet({fleet: 't', workers: {w: {sh: 'sleep 1000 & sleep 1000; :'}, later: {run: ['sleep', '1000']}}}),
      async fleet => {
        fleet.up();
        await fleet.ready('w', 'later');
        const {keeper} = fleet;
        process.kill(keeper, 'SIGSTOP');
        try {
          expect(flood()).toBe(0);
        } finally {
          process.kill(keeper, 'SIGCONT');
        }
        const before = fleet.tagged().filter(({name}) => name === 'sleep');
        expect(stop(fleet, 'w').outcomes).toMatchObject([{ok: true, proof: 'lineage', survivors: []}]);
        expect(before.filter(({pid}) => lives(pid))).toHaveLength(1);
        // The queue may be so small that it overflows again on a busy machine.
        await until('a run that is known in full', () => {
          expect(fleet.run('restart', 'later').code).toBe(0);
          return stop(fleet, 'later').outcomes[0]?.proof === 'connector';
        });
      },
    ),
  );
});
