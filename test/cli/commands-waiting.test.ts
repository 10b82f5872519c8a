/** Commands that wait: interrupts, `--timeout`, and a controller replaced in the meantime. */
import {once} from 'node:events';
import {expect, test} from 'vitest';
import {until} from '../control/helpers.ts';
import {FakeFleet, outcome} from './fake-fleet.ts';
import {LastWord} from '../../src/keeper/folder/last-word.ts';

const never = () => new Promise<never>(() => undefined);

test('Ctrl-C ends the wait and reports that the fleet goes on', async () => {
  const fleet = new FakeFleet();
  let asked = false;
  await fleet.serve({stop: () => ((asked = true), never())});
  const running = fleet.start('stop', 'web');
  await until('asked', () => asked);
  running.child.kill('SIGINT');
  expect(await running.ended).toMatchObject({
    code: 130,
    err: 'brood: interrupted; the operation continues in fleet shop\n',
  });
});

test('--timeout ends the wait even if the controller is silent', async () => {
  const fleet = new FakeFleet();
  await fleet.serve({
    stop: (_params, {progress}) => {
      progress([{id: 'web/1', status: 'stopping', reason: null}]);
      return never();
    },
  });
  const {code, err} = await fleet.run('stop', 'web', '--timeout', '10ms');
  expect(code).toBe(124);
  expect(err).toMatch(/timed out after 10ms; still waiting for web\/1 \(stopping\)/);
});

test('a command that waits for a stop is sent again to a new controller', async () => {
  const fleet = new FakeFleet();
  let asked = false;
  await fleet.serve({stop: () => ((asked = true), never())});
  const running = fleet.start('stop', 'web');
  await until('asked', () => asked);
  await fleet.loseController();
  await fleet.serve({stop: () => ({ok: true, outcomes: [outcome('web/1')]})});
  expect(await running.ended).toMatchObject({code: 0, out: 'web/1 stopped\n'});
});

test('down returns only when the supervisor has ended, too', async () => {
  const fleet = new FakeFleet();
  const {spawn} = await import('node:child_process');
  const keeper = spawn('sleep', ['1000']);
  let answered = false;
  await fleet.serve(
    {down: () => ((answered = true), {ok: true, outcomes: [outcome('web/1'), outcome('web/2')]})},
    keeper.pid,
  );
  const running = fleet.start('down');
  await until('answered', () => answered);
  expect(running.child.exitCode).toBeNull();
  new LastWord(fleet.folder).writeEnd([], []);
  keeper.kill('SIGKILL');
  await once(keeper, 'exit');
  expect(await running.ended).toMatchObject({
    code: 0,
    out: 'fleet shop is down: 2 instances stopped, nothing is left\n',
  });
});
