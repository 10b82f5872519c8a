/** Workers wait for missing descriptors and processes. Nothing crashes, the other workers go on. */
import {execFileSync} from 'node:child_process';
import {readdirSync} from 'node:fs';
import {expect, test} from 'vitest';
import {until as waitUntil, type TestFleet} from './harness.ts';
import {lives} from './processes.ts';
import {asOrdinary, isRoot, ordinaryFleet, using, WrappedFleet} from './wrapped.ts';

/** Dozens of starts are retried again and again, which takes its time on a loaded machine. */
const until = <T>(what: string, probe: () => T | Promise<T>): ReturnType<typeof waitUntil<T>> =>
  waitUntil(what, probe, 40_000);

const sleeper = {run: ['sleep', '1000'], backoff: {initial: '100ms', max: '500ms'}};

const ready = (fleet: TestFleet): number => fleet.ps().workers.filter(({status}) => status === 'ready').length;

/**
 * Waits until some workers are in backoff, all of them for the given reason; checks that none has failed. A worker that
 * is just being retried, or is in backoff because it was killed, is left to a later poll.
 */
async function expectBackoff(fleet: TestFleet, reason: RegExp): Promise<void> {
  const workers = await until('some in backoff, and all of those for want of what is missing', () => {
    const all = fleet.ps().workers;
    const waiting = all.filter(({status}) => status === 'backoff');
    return waiting.length > 0 && waiting.every(({reason: said}) => reason.test(said ?? '')) && all;
  });
  expect(workers.filter(({status}) => status === 'failed')).toEqual([]);
}

const openDescriptors = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

const someWait = (fleet: TestFleet): boolean => {
  const all = fleet.ps().workers.map(({status}) => status);
  return all.includes('ready') && all.includes('backoff') && !all.includes('starting');
};

test('without descriptors workers wait in backoff, the others go on, stop works, and the waiting ones start once descriptors are free', async () => {
  const workers = {a: {...sleeper, instances: 6}, b: {...sleeper, instances: 30}};
  await using(new WrappedFleet(['prlimit', '--nofile=84:84', '--'], {fleet: 't', workers}), async fleet => {
    fleet.up();
    await until('some to run and some to wait', () => someWait(fleet));
    const {supervisor, workers: before} = fleet.ps();
    await expectBackoff(fleet, /EMFILE/);
    // Each try opens descriptors, and must close all of them.
    const failures = (): number => fleet.events('spawn-failed').length;
    const [tries, open] = [failures(), openDescriptors(supervisor.pid)];
    await until('many more tries', () => failures() > tries + 60);
    // A try in progress closes its descriptors soon; leaked ones stay open.
    await until('all to be given back', () => openDescriptors(supervisor.pid) < open + 8);
    const ran = before.filter(({status}) => status === 'ready');
    expect(ran.length).toBeGreaterThan(5);
    for (const {pid} of ran) expect(lives(pid!)).toBe(true);
    // More workers may run by now; all others wait, of both kinds.
    const running = fleet.ps().workers.filter(({status}) => status === 'ready');
    const stopped = new Set(running.map(({id}) => id));
    expect(fleet.run('stop', ...stopped).code).toBe(0);
    for (const {pid} of running) expect(lives(pid!)).toBe(false);
    await until(
      'those that waited',
      () => fleet.ps().workers.filter(({id, status}) => status === 'ready' && !stopped.has(id)).length > 5,
    );
    expect(fleet.ps().supervisor).toMatchObject({pid: supervisor.pid, controller: supervisor.controller});
    expect(fleet.run('down').code).toBe(0);
  });
});

const shortages = [
  // A supervisor reserves some descriptors for itself: with so few more it starts nothing.
  {what: 'descriptors', lower: (open: number) => `--nofile=${open + 5}:`, raise: '--nofile=1000:', reason: /EMFILE/},
  {what: 'processes', lower: () => '--nproc=1:', raise: '--nproc=4000:', reason: /EAGAIN/},
];

/** Changes a limit of a process as its own user, who needs no privilege for that. */
function limit(pid: number, resource: string): void {
  const [program, ...args] = [...asOrdinary(), 'prlimit', `--pid=${pid}`, resource];
  execFileSync(program, args);
}

test.skipIf(!isRoot).each(shortages)(
  'a killed worker of an ordinary user (needs root to be one) with no $what left is restarted when there are some; the supervisor stays',
  async ({lower, raise, reason}) => {
    await using(ordinaryFleet({fleet: 't', workers: {w: {...sleeper, instances: 12}}}), async fleet => {
      fleet.up('--wait');
      const {supervisor, workers} = fleet.ps();
      const victims = workers.slice(0, 2);
      const others = workers.slice(2, 4);
      limit(supervisor.pid, lower(openDescriptors(supervisor.pid) - 2 * victims.length));
      for (const {pid} of victims) process.kill(pid!, 'SIGKILL');
      // One victim may still start with what the other has freed.
      await expectBackoff(fleet, reason);
      expect(fleet.run('stop', ...others.map(({id}) => id)).code).toBe(0);
      expect(others.filter(({pid}) => lives(pid!))).toEqual([]);
      limit(supervisor.pid, raise);
      await until('all but the stopped to be back', () => ready(fleet) === 10);
      expect(fleet.ps().supervisor).toMatchObject({pid: supervisor.pid, controller: supervisor.controller});
      expect(fleet.named('sleep').length).toBe(10);
      expect(fleet.run('down').code).toBe(0);
    });
  },
);
