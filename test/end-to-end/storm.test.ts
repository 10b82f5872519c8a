/** Hundreds of deaths at once, repeatedly: restarts are limited and reported, and other workers are not delayed. */
import {readFileSync, rmSync, writeFileSync} from 'node:fs';
import {availableParallelism} from 'node:os';
import {expect, test} from 'vitest';
import type {InstanceDetail} from '../../src/control/reports.ts';
import {until} from './harness.ts';
import {using, WrappedFleet} from './wrapped.ts';

const LOOPS = 150;
/** Restarts per second and CPU (docs/decisions/0022-restart-rate.md): of workers that loop, and of all. */
const AGAIN = 10;
const ALL = 35;
/** At most 2, whatever the machine has: with more CPUs, a storm takes more deaths. */
const CPUS = Math.min(2, availableParallelism());

/** Returns the first CPUs that this process may use. */
function someCpus(): string {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  const all = list.split(',').flatMap(part => {
    const [from = 0, to = from] = part.split('-').map(Number);
    return Array.from({length: to - from + 1}, (_, i) => from + i);
  });
  return all.slice(0, CPUS).join(',');
}

const quick = {first: '0s', initial: '10ms', max: '10ms', jitter: '0%'};
const workers = {
  loop: {
    sh: 'test -e poison && exit 7; exec sleep 1000',
    instances: LOOPS,
    backoff: quick,
    give_up: {restarts: 100_000, within: '1s'},
  },
  lone: {run: ['sleep', '1000']},
};

test('a storm of restarts is limited to a rate, is reported, delays no other worker, and ends', async () => {
  await using(new WrappedFleet(['taskset', '-c', someCpus()], {fleet: 't', workers}), async fleet => {
    fleet.up('--wait');
    expect(fleet.ps().storm).toBeNull();
    const lone = fleet.worker('lone').pid!;

    writeFileSync(fleet.path('poison'), '');
    fleet.run('signal', 'SIGKILL', 'loop');
    const {storm} = await until(
      'a storm with somebody who waits',
      () => {
        const report = fleet.ps();
        return (report.storm?.waiting ?? 0) > 0 && report;
      },
      60_000,
    );
    expect(storm?.held).toBeGreaterThan(0);
    const held = await until('one that is held', () => {
      const {instances} = fleet.json('status', 'loop') as {instances: InstanceDetail[]};
      return instances.find(({reason}) => reason?.includes('restart rate limit'));
    });
    expect(held).toMatchObject({status: 'backoff', reason: expect.stringMatching(/^exit code 7; /) as string});
    expect(held.retryAt).not.toBeNull();
    expect(fleet.run('ps').out).toMatch(/^too many restarts at once since .*: \d+ restarts? (is|are) waiting/m);
    const {problems} = fleet.json('doctor') as {problems: {kind: string; worker: string | null; message: string}[]};
    expect(problems.find(({kind}) => kind === 'restarts-held')).toMatchObject({worker: null});

    // A worker that dies for the first time does not wait for those that loop.
    process.kill(lone, 'SIGKILL');
    await fleet.successor('lone', lone);
    const events = fleet.events();
    expect(events.filter(({worker, held: isHeld}) => worker === 'lone' && isHeld === true)).toEqual([]);

    const began = events.find(({type}) => type === 'storm-began');
    expect(began).toMatchObject({perSecond: AGAIN * CPUS});
    const after = events.filter(
      ({type, worker, seq}) => type === 'spawned' && worker === 'loop' && seq > (began?.seq ?? 0),
    );
    const seconds = (Date.parse(after.at(-1)?.at ?? '') - Date.parse(began?.at ?? '')) / 1000;
    // Restarts that were decided before the storm began: at most one per instance.
    expect(after.length).toBeLessThanOrEqual(LOOPS + ALL * CPUS * seconds + 1);

    rmSync(fleet.path('poison'));
    await until('all to be well', () => fleet.ps().workers.every(({status}) => status === 'ready'), 90_000);
    await until('the end of the storm', () => fleet.ps().storm === null, 30_000);
    const over = fleet.events('storm-over');
    expect(over.length).toBeGreaterThan(0);
    // The sum of all storms: one may have ended and begun anew.
    expect(over.reduce((sum, one) => sum + Number(one['held']), 0)).toBeGreaterThanOrEqual(storm?.held ?? 0);
    expect((fleet.json('doctor') as {problems: {kind: string}[]}).problems.map(({kind}) => kind)).not.toContain(
      'restarts-held',
    );
  });
}, 240_000);

test('workers that all die at once are restarted without waiting for a turn; workers restarted by hand never wait', async () => {
  const sleeper = {run: ['sleep', '1000'], instances: 300};
  await using(new WrappedFleet([], {fleet: 't', workers: {w: sleeper}}), async fleet => {
    fleet.up('--wait');
    fleet.run('signal', 'SIGKILL', 'w');
    await until(
      'all to be back',
      () => fleet.ps().workers.every(({status, restarts}) => status === 'ready' && restarts === 1),
      60_000,
    );
    expect(fleet.run('restart', 'w').code).toBe(0);
    expect(fleet.events().filter(({type, held}) => type === 'storm-began' || held === true)).toEqual([]);
  });
}, 120_000);
