/** Every key that changes something, pressed in a terminal: its effect is visible in the fleet, and reported. */
import {setPriority} from 'node:os';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {until, type TestFleet} from '../end-to-end/harness.ts';
import {isRoot} from '../end-to-end/wrapped.ts';
import {readStat} from '../../src/process/stat.ts';
import {BINDINGS} from '../../ui/keys.ts';
import {Stage, stageFleet} from './keys-stage.ts';

let fleet: TestFleet;
let stage: Stage;

beforeAll(async () => {
  fleet = stageFleet().up('--wait');
  stage = new Stage(fleet);
  await stage.sees(/pipes\/1 +ready/);
});

afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  await fleet[Symbol.asyncDispose]();
});

type Case = (key: string) => Promise<void>;

/** Returns the pids that got a signal, as recorded by the listeners. */
const heard = (signal: string): number[] => fleet.read(signal).split('\n').filter(Boolean).map(Number);
const niceOf = (pid: number): number | undefined => readStat(pid)?.nice;

const CASES: Readonly<Record<string, Case>> = {
  signal: async key => {
    const pid = stage.pid('web/1');
    const before = heard('usr1').length;
    stage.type(key);
    await stage.sees(new RegExp(`┌─ Signal to web/1 \\(pid ${pid}\\) ─`));
    await stage.offers(/^SIGTERM +terminate$/);
    stage.type('escape');
    await stage.seesNot(/Signal to/);
    stage.type(key, 'down', 'down', 'down', 'down', 'down');
    await stage.offers(/^SIGUSR1/);
    stage.type('enter');
    await stage.sees(new RegExp(`SIGUSR1 sent to web/1 \\(pid ${pid}\\)`));
    // The first time, Escape sent no signal.
    await until('the signal to be heard', () => heard('usr1').length > before);
    expect(heard('usr1').slice(before)).toEqual([pid]);
  },
  restart: async key => {
    const pid = await stage.chooseRunning('web/2');
    stage.type(key);
    await stage.sees(/┌─ Restart web\/2\? ─/);
    await stage.sees(new RegExp(`web/2 \\(pid ${pid}\\)`));
    stage.type('n');
    await stage.sees(/nothing was done/);
    expect(stage.pid('web/2')).toBe(pid);
    stage.type(key, 'enter');
    await stage.sees(/restart: web\/2 is ready/);
    expect(stage.pid('web/2')).not.toBe(pid);
  },
  stop: async key => {
    await stage.choose('db/1');
    stage.type(key);
    await stage.sees(/┌─ Stop db\/1\? ─/);
    stage.type('y');
    await stage.sees(/stop: db\/1 is stopped; nothing is left/);
    await stage.selects(/^db\/1 +stopped/);
    expect(fleet.worker('db').pid).toBeNull();
    // A stopped worker is started without a question.
    stage.type(key);
    await stage.sees(/start: db\/1 is ready/);
    expect(fleet.worker('db').status).toBe('ready');
  },
  pause: async key => {
    const pid = await stage.chooseRunning('db/1');
    stage.type(key);
    await stage.selects(/^db\/1 +ready paused/);
    await until('it to be stopped by the kernel', () => readStat(pid)?.state === 'T');
    stage.type(key);
    await stage.selects(/^db\/1 +ready +\d/);
    await until('it to go on', () => readStat(pid)?.state === 'S');
  },
  alarm: async key => {
    const before = heard('alrm').length;
    stage.type(key);
    await stage.sees(/Seconds until SIGALRM to web\/1 \(0 cancels\):/);
    stage.type('soon', 'enter');
    await stage.sees(/expected a number of seconds/);
    stage.type(key, '1000', 'enter');
    await stage.sees(/web\/1: SIGALRM in 1000s/);
    stage.type(key, '0', 'enter');
    await stage.sees(/web\/1: alarm cancelled/);
    stage.type(key, '1', 'enter');
    await until('the alarm', () => heard('alrm').length > before);
  },
  scale: async key => {
    stage.type(key);
    await stage.sees(/Instances of web \(now 2\): 2/);
    stage.type('backspace', 'x', 'enter');
    await stage.sees(/expected a number of instances/);
    stage.type(key, 'backspace', '3', 'enter');
    await stage.sees(/web has 3 instances/);
    await stage.sees(/web\/3 +ready/);
    stage.type(key, 'backspace', '2', 'enter');
    await stage.sees(/web has 2 instances/);
    await stage.seesNot(/web\/3 /);
  },
  lessNice: async key => {
    const pid = stage.pid('web/1');
    const before = niceOf(pid) ?? 0;
    // Twice, faster than the refresh.
    stage.type(key, key);
    await until('its nice value to be higher', () => niceOf(pid) === before + 2);
    await stage.sees(new RegExp(`web/1 \\(pid ${pid}\\): nice ${before + 2}`));
  },
  nicer: async key => {
    const pid = stage.pid('web/2');
    setPriority(pid, 10);
    await stage.choose('web/2');
    await stage.selects(/ 10 /);
    stage.type(key);
    if (isRoot) {
      await until('its nice value to be lower', () => niceOf(pid) === 9);
      // The next key's test must not take the 10 that is still shown for the one that it sets.
      await stage.selects(/ 9 /);
    } else await stage.sees(/not permitted|EACCES|denied/);
  },
};

const ACTING = BINDINGS.filter(({acts}) => acts === true);
const PRESSES = ACTING.flatMap(({action, keys, words}) => keys.map(key => ({action, key, words})));

/** Runs a test on the stage, and replaces the stage after a failure. */
async function onStage(body: () => Promise<void>): Promise<void> {
  try {
    await stage.reset();
    await body();
  } catch (error) {
    await stage[Symbol.asyncDispose]();
    stage = new Stage(fleet);
    throw error;
  }
}

test.each(PRESSES)('$key: $words', async ({action, key}) => {
  const pressed = CASES[action];
  if (!pressed) throw new Error(`${key} (${action}) has no test: write one`);
  await onStage(() => pressed(key));
});

test('every test is for an existing key', () => {
  const known = new Set<string>(ACTING.map(({action}) => action));
  expect(Object.keys(CASES).filter(name => !known.has(name))).toEqual([]);
});

describe('several targets', () => {
  test('tagged workers get the signal, and no others', () =>
    onStage(async () => {
      const pids = [stage.pid('web/1'), stage.pid('web/2')];
      const before = heard('usr1').length;
      stage.type('space', 'space');
      await stage.sees(/2 tagged/);
      await stage.selects(/^db\/1/);
      stage.type('k');
      await stage.sees(/Signal to 2 processes/);
      await stage.sees(new RegExp(`web/1 \\(pid ${pids[0]}\\), web/2 \\(pid ${pids[1]}\\)`));
      stage.type('down', 'down', 'down', 'down', 'down', 'enter');
      await stage.sees(/SIGUSR1 sent to web\/1/);
      await until('both to have heard it', () => heard('usr1').length === before + 2);
      expect(
        heard('usr1')
          .slice(before)
          .sort((a, b) => a - b),
      ).toEqual(pids.sort((a, b) => a - b));
    }));

  test('tagged ones are restarted', () =>
    onStage(async () => {
      const pids = ['web/1', 'web/2', 'db/1'].map(id => stage.pid(id));
      stage.type('space', 'space', 'r');
      await stage.sees(/┌─ Restart 2 workers\? ─/);
      stage.type('enter');
      await stage.sees(/restart: web\/1, web\/2 are ready/);
      const now = ['web/1', 'web/2', 'db/1'].map(id => stage.pid(id));
      expect(now.map((pid, index) => pid === pids[index])).toEqual([false, false, true]);
    }));
});

describe('a row that moves', () => {
  test('while the menu of signals is open, the signal still goes to the process in its title', () =>
    onStage(async () => {
      const pid = await stage.chooseRunning('web/1');
      const before = heard('usr1').length;
      stage.type('k');
      await stage.sees(new RegExp(`Signal to web/1 \\(pid ${pid}\\)`));
      // Workers are added, removed and reordered behind the menu.
      fleet.run('restart', 'db');
      fleet.run('add', '--name', 'aaa', '--', 'sleep', '1000');
      await stage.sees(/aaa/);
      fleet.run('scale', 'web=4');
      stage.type('down', 'down', 'down', 'down', 'down', 'enter');
      await stage.sees(new RegExp(`SIGUSR1 sent to web/1 \\(pid ${pid}\\)`));
      await until('the signal to be heard', () => heard('usr1').length > before);
      expect(heard('usr1').slice(before)).toEqual([pid]);
      await stage.selects(/^web\/1/);
      fleet.run('scale', 'web=2');
      fleet.run('remove', 'aaa');
    }));

  test('a process that has ended in the meantime is reported as gone, and its successor gets no signal', () =>
    onStage(async () => {
      const pid = await stage.chooseRunning('web/2');
      const before = heard('usr1').length;
      stage.type('k', 'down', 'down', 'down', 'down', 'down');
      await stage.offers(/^SIGUSR1/);
      process.kill(pid, 'SIGKILL');
      const {pid: next} = await fleet.successor('web/2', pid);
      stage.type('enter');
      // Its row may still be there: then the supervisor reports that there is no such process.
      await stage.sees(/gone|no process|does not belong to this fleet/);
      expect(heard('usr1').slice(before)).toEqual([]);
      expect(stage.pid('web/2')).toBe(next);
    }));

  test('the selection in the tree stays on its process while others start and end', () =>
    onStage(async () => {
      stage.type('2');
      await stage.shows('Tree');
      await stage.choose('sleep 998');
      const pid = Number.parseInt(stage.selected(), 10);
      const order = (): number[] => stage.rows().map(line => Number.parseInt(line, 10));
      const before = order();
      const {pid: gone} = fleet.worker('db');
      fleet.run('restart', 'db');
      await until('the new process to be shown', () => order().includes(stage.pid('db/1')));
      await stage.selects(new RegExp(`^${pid} .*sleep 998`));
      // The remaining processes keep their order.
      const after = new Set(order());
      expect(order().filter(one => before.includes(one))).toEqual(before.filter(one => after.has(one) && one !== gone));
    }));
});

describe('with --read-only', () => {
  test('no key changes anything, and each reports the reason', async () => {
    const before = fleet.ps().workers.map(({id, pid, nice}) => [id, pid, nice]);
    const reading = new Stage(fleet, ['--read-only']);
    try {
      await reading.reset();
      for (const {key} of PRESSES) {
        reading.type(key);
        await reading.sees(/not available with --read-only/);
        expect(reading.screen.text()).not.toContain('┌');
        // The message disappears with a change of the view.
        reading.type('2', '1');
        await reading.seesNot(/read-only/);
      }
      reading.type('?');
      await reading.sees(/┌─ Keys ─/);
      expect(reading.screen.text()).not.toMatch(/send a signal|restart the worker/);
      reading.type('escape', ':', 'restart');
      await reading.sees(/no such action/);
    } finally {
      await reading[Symbol.asyncDispose]();
    }
    expect(fleet.ps().workers.map(({id, pid, nice}) => [id, pid, nice])).toEqual(before);
  });
});
