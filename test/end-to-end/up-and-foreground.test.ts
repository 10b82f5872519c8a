/** `up` in the foreground and in the background, in part, and as process 1 of a container. */
import {once} from 'node:events';
import {existsSync, readdirSync} from 'node:fs';
import {spawn} from 'node:child_process';
import {expect, test} from 'vitest';
import {cli, TestFleet, until} from './harness.ts';
import {everyProcess, look} from './processes.ts';
import {isRoot, using} from './wrapped.ts';

const sleeper = {run: ['sleep', '1000']};
const polite = {sh: 'trap "echo bye >> bye; exit 0" TERM; touch up; while :; do sleep 0.02; done'};

const gone = (fleet: TestFleet): Promise<unknown> =>
  until('everything to have ended', () => fleet.tagged().length === 0);

test.each(['SIGKILL', 'SIGHUP', 'SIGTERM'] as const)(
  'a foreground up that gets %s ends its fleet, in order',
  async signal => {
    await using(new TestFleet({fleet: 't', workers: {polite, w: {...sleeper, after: ['polite']}}}), async fleet => {
      const up = fleet.start(['up']);
      await until('the fleet to be up', () => existsSync(fleet.path('up')) && fleet.worker('w').status === 'ready');
      up.kill(signal);
      const [code] = (await once(up, 'exit')) as [number | null];
      expect(code).toBe(signal === 'SIGKILL' ? null : 0);
      await gone(fleet);
      expect(fleet.read('bye')).toBe('bye\n');
      expect(fleet.events('exited').map(({worker}) => worker)).toEqual(['w', 'polite']);
    });
  },
);

test('a foreground up shows the output with names; SIGTSTP suspends the fleet, SIGCONT continues it; a second up is rejected', async () => {
  const workers = {talk: {sh: 'echo from out; echo from err >&2; exec sleep 1000'}, w: sleeper};
  await using(new TestFleet({fleet: 't', workers}), async fleet => {
    const up = fleet.start(['up'], {stdio: ['ignore', 'pipe', 'pipe']});
    let out = '';
    for (const stream of [up.stdout!, up.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => (out += text));
    await until('its words', () => /talk.*from out/.test(out) && /talk.*from err/.test(out));
    expect(fleet.run('up', '-d').code).toBe(1);
    const pids = (await fleet.ready('talk', 'w')).map(({pid}) => pid!);
    up.kill('SIGTSTP');
    await until('all to be stopped', () => look(up.pid!)?.state === 'T' && pids.every(pid => look(pid)?.state === 'T'));
    up.kill('SIGCONT');
    await until('all to go on', () => pids.every(pid => look(pid)?.state === 'S') && look(up.pid!)?.state !== 'T');
    up.kill('SIGINT');
    const [code] = (await once(up, 'exit')) as [number | null];
    expect(code).toBe(0);
    await gone(fleet);
  });
});

test('a foreground up that is suspended while the controller is replaced keeps its fleet, which ends when that up dies', async () => {
  const ticks = {sh: 'trap "echo bye >> bye; exit 0" TERM; while :; do echo x >> ticks; sleep 0.1; done'};
  await using(new TestFleet({fleet: 't', workers: {ticks}}), async fleet => {
    const up = fleet.start(['up']);
    const {pid} = await fleet.status('ticks', 'ready');
    const replace = async (): Promise<void> => {
      const {controller} = fleet;
      process.kill(controller, 'SIGKILL');
      await until('the next controller', () => fleet.controller !== controller);
    };
    up.kill('SIGSTOP');
    await until('it to be stopped', () => look(up.pid!)?.state === 'T');
    await replace();
    // Longer than the controller would wait for a running client, by the worker's own clock.
    const seen = fleet.read('ticks').length;
    await until('7 s of ticks', () => fleet.read('ticks').length > seen + 140, 60_000);
    expect(fleet.worker('ticks').pid).toBe(pid);
    // The client reconnects by itself, and is attached as before.
    up.kill('SIGCONT');
    await replace();
    expect(fleet.worker('ticks').pid).toBe(pid);
    up.kill('SIGSTOP');
    await until('it to be stopped', () => look(up.pid!)?.state === 'T');
    await replace();
    up.kill('SIGKILL');
    await gone(fleet);
    expect(fleet.read('bye')).toBe('bye\n');
  });
}, 180_000);

test('up --only starts the named workers; --wait exits with 0 when all are ready, and with 1 and the reason when one failed', async () => {
  const workers = {a: sleeper, b: sleeper, bad: {sh: 'exit 3', restart: 'never', ready: {log: 'never said'}}};
  await using(new TestFleet({fleet: 't', workers}), fleet => {
    const some = fleet.run('up', '-d', '--wait', '--only', 'a');
    expect(some.code).toBe(0);
    expect(fleet.ps().workers.map(({id, status}) => `${id} ${status}`)).toEqual([
      'a/1 ready',
      'b/1 stopped',
      'bad/1 stopped',
    ]);
    expect(fleet.run('start', 'b').code).toBe(0);
    expect(fleet.run('down').code).toBe(0);
    const unknown = fleet.run('up', '-d', '--only', 'aa');
    expect(unknown.code).toBe(2);
    const all = fleet.run('up', '-d', '--wait');
    expect(all.code).toBe(1);
    expect(all.out + all.err).toMatch(/bad.*3/);
    expect(fleet.worker('a').status).toBe('ready');
  });
});

test.skipIf(!isRoot)(
  'up as process 1 reaps orphans, and on SIGTERM from outside stops all with exit code 0 (needs root to make a pid namespace)',
  async () => {
    const workers = {
      polite,
      orphans: {sh: 'for i in 1 2 3 4 5; do (setsid sleep 0.2 &); done; exec sleep 1000'},
    };
    await using(new TestFleet({fleet: 't', workers}), async fleet => {
      const container = spawn(
        'unshare',
        ['--pid', '--fork', '--mount-proc', '--kill-child', process.execPath, cli, 'up'],
        {
          cwd: fleet.folder,
          env: fleet.env,
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      );
      try {
        await until('the fleet to be up', () => existsSync(fleet.path('up')));
        const init = await until('process 1', () => everyProcess().find(({ppid}) => ppid === container.pid));
        await until('the orphans to have come and gone', () => {
          const all = fleet.tagged();
          return all.filter(({name}) => name === 'sleep').length === 1;
        });
        await until(
          'no zombie to be left',
          () => !everyProcess().some(({state, pid}) => state === 'Z' && inside(pid, init.pid)),
        );
        expect(look(init.pid)?.name).toBe('sh');
        // No client is attached: process 1 is the supervisor itself.
        const [folder = ''] = readdirSync(fleet.home);
        expect(JSON.parse(fleet.read('home', folder, 'fleet.json'))).toMatchObject({attached: false});
        process.kill(init.pid, 'SIGTERM');
        const [code] = (await once(container, 'exit')) as [number | null];
        expect(code).toBe(0);
        await gone(fleet);
        expect(fleet.read('bye')).toBe('bye\n');
      } finally {
        container.kill('SIGKILL');
      }
    });
  },
);

/** Whether a process descends from another one. */
function inside(pid: number, ancestor: number): boolean {
  for (let now = look(pid); now && now.pid > 1; now = look(now.ppid)) if (now.ppid === ancestor) return true;
  return false;
}
