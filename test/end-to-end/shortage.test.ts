/** What the machine lacks is waited for: no descriptors, no processes. Nothing crashes, the others go on. */
import {execFileSync} from 'node:child_process';
import {readdirSync} from 'node:fs';
import {expect, test} from 'vitest';
import {until as waitUntil, type TestFleet} from './harness.ts';
import {lives} from './processes.ts';
import {asOrdinary, isRoot, ordinaryFleet, using, WrappedFleet} from './wrapped.ts';

/** Dozens are tried again and again, which on a loaded machine takes its time. */
const until = <T>(what: string, probe: () => T | Promise<T>): ReturnType<typeof waitUntil<T>> =>
  waitUntil(what, probe, 40_000);

const sleeper = {run: ['sleep', '1000'], backoff: {initial: '100ms', max: '500ms'}};

const ready = (fleet: TestFleet): number => fleet.ps().workers.filter(({status}) => status === 'ready').length;

/**
 * Some wait, all of them for that reason, and nobody has been given up. One that is being tried again just then, or
 * still waits because it was killed, is seen at a later look.
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

test('without descriptors workers wait in backoff, the others go on, stop works, and with room those that waited start', async () => {
  const workers = {a: {...sleeper, instances: 6}, b: {...sleeper, instances: 30}};
  await using(new WrappedFleet(['prlimit', '--nofile=84:84', '--'], {fleet: 't', workers}), async fleet => {
    fleet.up();
    await until('some to run and some to wait', () => someWait(fleet));
    const {supervisor, workers: before} = fleet.ps();
    await expectBackoff(fleet, /EMFILE/);
    // Each try takes descriptors, and must give all of them back.
    const failures = (): number => fleet.events('spawn-failed').length;
    const [tries, open] = [failures(), openDescriptors(supervisor.pid)];
    await until('many more tries', () => failures() > tries + 60);
    // What a try that is just under way holds is given back soon; what is lost is not.
    await until('all to be given back', () => openDescriptors(supervisor.pid) < open + 8);
    const ran = before.filter(({status}) => status === 'ready');
    expect(ran.length).toBeGreaterThan(5);
    for (const {pid} of ran) expect(lives(pid!)).toBe(true);
    // More may run by now: whoever does not is who waits, of both kinds.
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
  // A supervisor keeps some descriptors for itself: with so few more it starts nothing.
  {what: 'descriptors', lower: (open: number) => `--nofile=${open + 5}:`, raise: '--nofile=1000:', reason: /EMFILE/},
  {what: 'processes', lower: () => '--nproc=1:', raise: '--nproc=4000:', reason: /EAGAIN/},
];

/** Changes a limit of a process as its own user, who needs no privilege for that. */
function limit(pid: number, resource: string): void {
  const [program, ...args] = [...asOrdinary(), 'prlimit', `--pid=${pid}`, resource];
  execFileSync(program, args);
}

test.skipIf(!isRoot).each(shortages)(
  'of an ordinary user (needs root to be one) with no $what left, who is killed comes back when there are some; the supervisor stays',
  async ({lower, raise, reason}) => {
    await using(ordinaryFleet({fleet: 't', workers: {w: {...sleeper, instances: 12}}}), async fleet => {
      fleet.up('--wait');
      const {supervisor, workers} = fleet.ps();
      const victims = workers.slice(0, 2);
      const others = workers.slice(2, 4);
      limit(supervisor.pid, lower(openDescriptors(supervisor.pid) - 2 * victims.length));
      for (const {pid} of victims) process.kill(pid!, 'SIGKILL');
      // One of them may still find room in what the other has left.
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
