import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import type {PsReport} from '../../src/control/reports.ts';
import {until} from '../control/helpers.ts';
import {FakeFleet, type Running} from './fake-fleet.ts';

const TICKER = 'i=0; while :; do i=$((i+1)); echo "tick $i"; sleep 0.05; done';

/** Starts a real supervisor in the foreground. */
async function up(workers: object): Promise<{fleet: FakeFleet; running: Running; ps: () => Promise<PsReport>}> {
  const fleet = new FakeFleet('shop', JSON.stringify({fleet: 'shop', workers}));
  onTestFinished(async () => {
    await fleet.run('down', '--now');
  });
  const running = fleet.start('up');
  const ps = async () => JSON.parse((await fleet.run('ps', '--json')).out) as PsReport;
  await until('ready', () => running.err.includes('is ready'));
  return {fleet, running, ps};
}

const gone = (fleet: FakeFleet) => async () => (await fleet.run('ps')).code === 3;

test('up shows output with its instance, and events, until Ctrl-C has stopped the fleet in order', async () => {
  const {fleet, running} = await up({
    web: {sh: TICKER},
    loop: {sh: 'echo boom >&2; exit 3', backoff: {initial: '10ms', max: '10ms'}, give_up: {restarts: 2, within: '30s'}},
  });
  await until(
    'output and failure',
    // Output and events arrive by separate ways, in no particular order.
    () =>
      /web\/1 +\| tick 2\n/.test(running.out) &&
      /^loop\/1 \| boom$/m.test(running.out) &&
      /gave up after 2 restarts/.test(running.err),
  );
  expect(running.err).toMatch(/loop\/1 ended: exit code 3/);
  running.child.kill('SIGINT');
  const {code, err} = await running.ended;
  expect(code).toBe(0);
  expect(err).toMatch(/stopping shop in order[^]*fleet shop is down\n$/);
  expect(await gone(fleet)()).toBe(true);
});

test('a second Ctrl-C does not wait for stop timeouts', async () => {
  const {running} = await up({deaf: {sh: 'trap "" TERM; while :; do sleep 0.05; done', stop: {timeout: '60s'}}});
  running.child.kill('SIGTERM');
  await until('stopping', () => running.err.includes('in order'));
  running.child.kill('SIGTERM');
  expect((await running.ended).code).toBe(0);
});

test('up killed with -9 stops the fleet in order', async () => {
  const {fleet, running} = await up({polite: {sh: `trap "echo bye; exit 0" TERM; ${TICKER}`}});
  running.child.kill('SIGKILL');
  await until('the fleet is down', gone(fleet));
  expect(readFileSync(join(fleet.folder, 'logs', 'polite.1', 'out.log'), 'utf8')).toMatch(/bye\n$/);
});

test('up stays attached when the controller is killed', async () => {
  const {fleet, running, ps} = await up({web: {sh: TICKER}});
  const {supervisor, workers} = await ps();
  process.kill(supervisor.controller, 'SIGKILL');
  await until('a successor', async () => (await ps()).supervisor.controller !== supervisor.controller);
  expect((await ps()).workers[0]!.pid).toBe(workers[0]!.pid);
  await until('told', () => running.err.includes('controller was lost'));
  expect(running.child.exitCode).toBeNull();
  running.child.kill('SIGKILL');
  await until('the fleet is down', gone(fleet));
});

test('brood down from elsewhere ends up with exit code 0', async () => {
  const {fleet, running} = await up({web: {sh: TICKER}});
  expect((await fleet.run('down')).code).toBe(0);
  expect(await running.ended).toMatchObject({code: 0, err: expect.stringMatching(/fleet shop is down\n$/) as unknown});
});

test('up suspended by the terminal pauses the fleet, and continues it when it is continued', async () => {
  const {running, ps} = await up({web: {sh: TICKER}});
  const flags = async () => (await ps()).workers[0]!.flags;
  const state = () => readFileSync(`/proc/${running.child.pid ?? 0}/stat`, 'latin1').split(') ')[1]![0];
  running.child.kill('SIGTSTP');
  await until('suspended', async () => state() === 'T' && (await flags()).includes('paused'));
  running.child.kill('SIGCONT');
  await until('continued', async () => !(await flags()).includes('paused'));
  running.child.kill('SIGINT');
  expect((await running.ended).code).toBe(0);
});
