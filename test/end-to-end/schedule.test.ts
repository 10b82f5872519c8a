/** Workers that run only at scheduled times. */
import {expect, test} from 'vitest';
import {TestFleet, until} from './harness.ts';
import {linesOf, loseController} from './losing.ts';
import {using} from './wrapped.ts';

/** Not due before 2028. */
const RARE = '0 0 29 2 *';
const job = {sh: 'echo x >> runs; [ ! -e fail ]', schedule: RARE, restart: 'never'};

test('a scheduled worker waits for its time, counts as up, runs when it is started by hand, and waits again', async () => {
  await using(new TestFleet({fleet: 'times', workers: {job, other: {run: ['sleep', '1000']}}}), async fleet => {
    fleet.up('--wait');
    const waiting = fleet.worker('job');
    expect(waiting).toMatchObject({status: 'pending', pid: null});
    expect(waiting.reason).toMatch(/^next run at 20\d\d-02-29 00:00$/);
    expect(new Date(waiting.nextRunAt ?? 0).getDate()).toBe(29);
    expect(fleet.run('status', 'job').out).toContain('next run');

    expect(fleet.run('start', 'job').code).toBe(0);
    await until('its run to end', () => linesOf(fleet, 'runs') === 1 && fleet.worker('job').exit !== null);
    expect((await fleet.status('job', 'pending')).nextRunAt).toBe(waiting.nextRunAt);

    fleet.write('', 'fail');
    expect(fleet.run('restart', 'job').code).toBe(0);
    await until('a failure', () => fleet.events('run-failed').length === 1);
    expect(await fleet.status('job', 'pending')).toMatchObject({exit: {code: 1}, nextRunAt: waiting.nextRunAt});

    await loseController(fleet);
    expect(fleet.worker('job')).toMatchObject({status: 'pending', nextRunAt: waiting.nextRunAt});

    expect(fleet.run('stop', 'job').code).toBe(0);
    expect(fleet.worker('job')).toMatchObject({status: 'stopped', nextRunAt: null});
    expect(linesOf(fleet, 'runs')).toBe(2);
  });
});

test('a changed schedule applies at once, and a worker without a schedule any more runs', async () => {
  await using(new TestFleet({fleet: 'times', workers: {job: {...job, restart: 'on-failure'}}}), async fleet => {
    fleet.up('--wait');
    const before = fleet.worker('job').nextRunAt;
    fleet.write({fleet: 'times', workers: {job: {...job, restart: 'on-failure', schedule: '0 0 1 1 *'}}});
    expect(fleet.run('apply').code).toBe(0);
    const now = fleet.worker('job');
    expect(now.status).toBe('pending');
    expect(now.nextRunAt).not.toBe(before);
    fleet.write({fleet: 'times', workers: {job: {sh: job.sh, restart: 'on-failure'}}});
    expect(fleet.run('apply').code).toBe(0);
    await fleet.status('job', 'finished');
    expect(linesOf(fleet, 'runs')).toBe(1);
  });
});

test('a scheduled worker runs once in its minute', {timeout: 240_000}, async () => {
  const minutely = {sh: 'date +%H:%M >> runs', schedule: '* * * * *'};
  await using(new TestFleet({fleet: 'times', workers: {job: minutely}}), async fleet => {
    fleet.up('--wait');
    await until('its minute', () => linesOf(fleet, 'runs') > 0, 150_000);
    await fleet.status('job', 'pending');
    const times = fleet.read('runs').trim().split('\n');
    expect(new Set(times).size).toBe(times.length);
  });
});

test('check rejects a worker that waits for a scheduled one', async () => {
  const workers = {job, web: {run: ['sleep', '1000'], after: ['job']}};
  await using(new TestFleet({fleet: 'times', workers}), fleet => {
    const {code, err, out} = fleet.run('check');
    expect(code).toBe(2);
    expect(err + out).toContain('web.after: job runs on a schedule');
  });
});
