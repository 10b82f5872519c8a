/** The output of commands while they wait, and their end if there is no answer. */
import {expect, test} from 'vitest';
import {until} from '../control/helpers.ts';
import {FakeFleet, outcome} from './fake-fleet.ts';

const never = () => new Promise<never>(() => undefined);
const ping = () => ({pid: 1, version: '1', fleet: 'shop', ready: true});
const here = new RegExp(`the controller \\(pid ${process.pid}, state [RSD]\\) does not answer`);

test('a command that waits reports after some seconds which workers it waits for, also in a pipe', async () => {
  const fleet = new FakeFleet();
  await fleet.serve({
    ping,
    async stop(_params, {progress, signal}) {
      while (!signal.aborted) {
        progress([{id: 'web/1', status: 'stopping', reason: 'its stop timeout is 60s'}]);
        await new Promise(resolve => setTimeout(resolve, 200));
      }
      return never();
    },
  });
  const running = fleet.start('stop', 'web');
  await until('words', () => running.err.includes('\n'), 30_000);
  expect(running.err).toBe('waiting for web/1 (stopping: its stop timeout is 60s)\n');
});

test('a controller that takes a request and then falls silent is reported, and the command waits on', async () => {
  const fleet = new FakeFleet();
  await fleet.serve({ping, restart: never});
  const running = fleet.start('restart', 'web');
  await until('words', () => here.test(running.err), 30_000);
  expect(running.child.exitCode).toBeNull();
});

test('a controller that answers nothing makes commands exit 1 with the reason', async () => {
  const fleet = new FakeFleet();
  await fleet.serve({ping: never, ps: never, status: never});
  for (const words of [['ps'], ['status', 'web'], ['top']]) {
    const {code, out, err} = await fleet.run(...words);
    expect({code, out}).toEqual({code: 1, out: ''});
    expect(err).toMatch(/no answer within 5s/);
    expect(err).toMatch(here);
  }
});

test('down is sent again if the connection is lost before the answer', async () => {
  const fleet = new FakeFleet();
  let asked = 0;
  await fleet.serve({down: () => (asked++, never())});
  const running = fleet.start('down');
  await until('asked', () => asked === 1);
  await fleet.loseController();
  await fleet.serve({down: () => (asked++, {ok: true, outcomes: [outcome('web/1')]})});
  await until('asked again', () => asked === 2);
  await fleet.close();
  // The keeper in the lock is this process, which does not end.
  running.child.kill('SIGINT');
  expect(await running.ended).toMatchObject({code: 130});
});

test('down without an answer says so, signals the keeper, and does not claim that nothing is left of a killed one', async () => {
  const {spawn} = await import('node:child_process');
  const keeper = spawn('sleep', ['1000']);
  const fleet = new FakeFleet();
  await fleet.serve({down: never}, keeper.pid);
  const {code, out, err} = await fleet.run('down');
  expect(code).toBe(1);
  expect(out).toBe('');
  expect(err).toMatch(
    new RegExp(`the controller does not answer: sent SIGTERM to the keeper \\(pid ${keeper.pid ?? 0}\\)`),
  );
  expect(err).toMatch(/killed before it had stopped everything; no process of it was found/);
});
