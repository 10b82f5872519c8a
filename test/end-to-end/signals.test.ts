/** Signals to anchor, keeper and controller, at any moment. */
import {connect} from 'node:net';
import {existsSync, readdirSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {TestFleet, until} from './harness.ts';
import {commandLine, everyProcess, environment, lives} from './processes.ts';
import {using} from './wrapped.ts';

const polite = {sh: 'trap "echo bye >> bye; exit 0" TERM; touch up; while :; do sleep 0.02; done'};
const deaf = {sh: 'trap "" TERM INT; touch deaf-up; while :; do sleep 0.05; done', stop: {timeout: '60s'}};
const sleeper = {run: ['sleep', '1000']};
const parts = ['anchor', 'pid', 'controller'] as const;

const gone = (fleet: TestFleet): Promise<unknown> =>
  until('everything to have ended', () => fleet.tagged().length === 0, 20_000);
const supervisorLog = (fleet: TestFleet): string =>
  readdirSync(fleet.home, {recursive: true, encoding: 'utf8'})
    .filter(name => name.endsWith('supervisor.log'))
    .map(name => fleet.read('home', name))
    .join();
const debuggerAnswers = (): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect(9229, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });

describe.each(parts)('%s', part => {
  test('gets SIGTERM: everything ends in order, and at once on a second SIGTERM', async () => {
    await using(
      new TestFleet({fleet: 't', workers: {first: polite, second: {...sleeper, after: ['first']}}}),
      async fleet => {
        fleet.up('--wait');
        await until('the trap to be set', () => existsSync(fleet.path('up')));
        process.kill(fleet.ps().supervisor[part]!, 'SIGTERM');
        await gone(fleet);
        expect(fleet.read('bye')).toBe('bye\n');
        const ended = fleet.events('exited').map(({worker}) => worker);
        expect(ended).toEqual(['second', 'first']);
        expect(fleet.run('ps').code).toBe(3);
      },
    );
    await using(new TestFleet({fleet: 't', workers: {deaf}}), async fleet => {
      fleet.up('--wait');
      await until('the trap to be set', () => existsSync(fleet.path('deaf-up')));
      const pid = fleet.ps().supervisor[part]!;
      process.kill(pid, 'SIGTERM');
      await until('the stop to be under way', () => fleet.worker('deaf').status === 'stopping');
      // Simultaneous signals (of a service manager and a terminal) count as one; this one counts as a second.
      await new Promise(resolve => setTimeout(resolve, 400));
      process.kill(pid, 'SIGTERM');
      await gone(fleet);
    });
  });

  test('survives other signals unchanged, and opens no debugger', async () => {
    await using(new TestFleet({fleet: 't', workers: {w: sleeper}}), async fleet => {
      fleet.up('--wait');
      const before = fleet.ps();
      const pid = before.supervisor[part]!;
      const open = await debuggerAnswers();
      for (let round = 0; round < 3; round++) {
        for (const signal of [
          'SIGHUP',
          'SIGUSR1',
          'SIGUSR2',
          'SIGALRM',
          'SIGTSTP',
          'SIGPIPE',
          'SIGCHLD',
          'SIGCONT',
        ] as const) {
          process.kill(pid, signal);
        }
        fleet.ps();
      }
      const after = fleet.ps();
      expect(after.supervisor).toMatchObject({
        anchor: before.supervisor.anchor,
        pid: before.supervisor.pid,
        controller: before.supervisor.controller,
      });
      expect(after.workers[0]!.pid).toBe(before.workers[0]!.pid);
      expect(await debuggerAnswers()).toBe(open);
      expect(fleet.run('down').code).toBe(0);
      await gone(fleet);
    });
  });
});

/** Recognizes the parts of a supervisor by their command lines, from their first instant on. */
const isPart: Readonly<Record<string, (words: readonly string[]) => boolean>> = {
  anchor: words => words[3] === 'brood-anchor',
  keeper: words =>
    words[0] === process.execPath &&
    words.findIndex(word => word.endsWith('.cjs')) === words.findIndex(word => word.endsWith('/keeper.cjs')) &&
    words.some(word => word.endsWith('/keeper.cjs')),
  controller: words => words.find(word => word.endsWith('.cjs'))?.endsWith('/controller.cjs') ?? false,
};
const early: readonly (readonly [string, NodeJS.Signals])[] = [
  ['anchor', 'SIGHUP'],
  ['anchor', 'SIGTERM'],
  ['keeper', 'SIGHUP'],
  ['keeper', 'SIGTERM'],
  ['keeper', 'SIGUSR1'],
  ['controller', 'SIGALRM'],
  ['controller', 'SIGUSR1'],
];

test.each(early)(
  'the %s gets %s in its first milliseconds: the supervisor comes up, or is gone and up reports that',
  async (part, signal) => {
    await using(new TestFleet({fleet: 't', workers: {w: sleeper}}), async fleet => {
      const up = fleet.runAsync('up', '-d');
      const mark = `TEST_FLEET=${fleet.folder}`;
      const victim = await until('the first sight of it', () =>
        everyProcess().find(({pid}) => isPart[part]!(commandLine(pid)) && environment(pid).includes(mark)),
      );
      process.kill(victim.pid, signal);
      const {code, err} = await up;
      if (signal === 'SIGTERM') {
        // SIGTERM to a part ends the whole supervisor, unless the part was too young to handle it.
        if (code === 0 && fleet.run('ps').code === 0) fleet.run('down');
      } else {
        expect({code, err, log: code === 0 ? '' : supervisorLog(fleet)}).toEqual({code: 0, err: '', log: ''});
        await fleet.status('w', 'ready');
        expect(await debuggerAnswers()).toBe(false);
        expect(fleet.run('down').code).toBe(0);
      }
      await gone(fleet);
    });
  },
);

test('up starts the anchor again when it was killed before it could report anything', async () => {
  await using(new TestFleet({fleet: 't', workers: {w: sleeper}}), async fleet => {
    const isUnborn = (pid: number): boolean => {
      const [program, script = ''] = commandLine(pid);
      return (
        program === process.execPath &&
        script.endsWith('/anchor.cjs') &&
        environment(pid).includes(`TEST_FLEET=${fleet.folder}`)
      );
    };
    // The program lives for some 50 ms only, so the loop may miss it.
    const killed = await until('the program that becomes the anchor, before it does', async () => {
      const state = {isUp: false};
      const up = fleet.runAsync('up', '-d').finally(() => (state.isUp = true));
      let victim: number | undefined;
      while (!state.isUp && victim === undefined) {
        victim = everyProcess().find(({pid}) => isUnborn(pid))?.pid;
        if (victim !== undefined) process.kill(victim, 'SIGKILL');
        await new Promise(resolve => setImmediate(resolve));
      }
      expect(await up).toMatchObject({code: 0, err: ''});
      if (victim === undefined) fleet.run('down');
      return victim;
    });
    await fleet.status('w', 'ready');
    expect(fleet.anchor).not.toBe(killed);
    expect(fleet.named('sleep')).toHaveLength(1);
  });
});

test('SIGHUP applies a changed fleet file, leaves unchanged workers alone, and rejects a broken file with a reason', async () => {
  const file = (seconds: string, more: object = {}): object => ({
    fleet: 't',
    workers: {same: sleeper, changed: {run: ['sleep', seconds]}, ...more},
  });
  await using(new TestFleet(file('1001')), async fleet => {
    fleet.up('--wait');
    const [same, changed] = await fleet.ready('same', 'changed');
    fleet.write('fleet: t\nworkers:\n  same: {rum: sleep 1000}\n');
    const {anchor, pid, controller} = fleet.ps().supervisor;
    process.kill(anchor!, 'SIGHUP');
    await until('the refusal', () => fleet.events('plan-refused').length === 1);
    expect(String(fleet.events('plan-refused')[0]!['message'])).toMatch(/brood\.yaml:3:\d+/);
    expect(fleet.ps().workers.map(worker => worker.pid)).toEqual([same!.pid, changed!.pid]);
    fleet.write(file('1002', {fresh: {run: ['sleep', '1003']}}));
    process.kill(pid, 'SIGHUP');
    await fleet.successor('changed', changed!.pid!);
    expect(commandLine(fleet.worker('changed').pid!)).toEqual(['sleep', '1002']);
    await fleet.ready('fresh');
    fleet.write(file('1002'));
    process.kill(controller, 'SIGHUP');
    await until('the new one to be gone', () => fleet.ps().workers.length === 2);
    expect(fleet.worker('same')).toMatchObject({pid: same!.pid, restarts: 0});
  });
});

test('the keeper itself ends the fleet gracefully on SIGTERM while the controller is killed again and again', async () => {
  await using(new TestFleet({fleet: 't', workers: {polite, w: {...sleeper, instances: 3}}}), async fleet => {
    fleet.up('--wait');
    await until('the trap to be set', () => existsSync(fleet.path('up')));
    const {pid: keeper, controller} = fleet.ps().supervisor;
    process.kill(controller, 'SIGSTOP');
    process.kill(keeper, 'SIGTERM');
    process.kill(controller, 'SIGKILL');
    const kill = setInterval(() => {
      for (const seen of everyProcess()) {
        if (seen.ppid === keeper && commandLine(seen.pid).some(word => word.endsWith('/controller.cjs'))) {
          try {
            process.kill(seen.pid, 'SIGKILL');
          } catch {
            // The controller has just ended.
          }
        }
      }
    }, 20);
    try {
      await gone(fleet);
    } finally {
      clearInterval(kill);
    }
    expect(fleet.read('bye')).toBe('bye\n');
    expect(lives(keeper)).toBe(false);
    fleet.up('--wait');
    expect(fleet.ps().workers.every(({status}) => status === 'ready')).toBe(true);
  });
});
