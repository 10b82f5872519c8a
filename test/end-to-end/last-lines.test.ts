/** The last output of workers while neither keeper nor controller lives: the anchor holds it for the next keeper. */
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {TestFleet, until} from './harness.ts';
import {installation, runOf} from './installation.ts';
import {endsClean, folderOf} from './losing.ts';
import {lives} from './processes.ts';
import {isRoot, ordinaryFleet, using} from './wrapped.ts';
import {currentLog, type Stream} from '../../src/logs/layout.ts';
import {makeFifo} from '../../src/posix/fifo.ts';

/** Waits until the FIFO `gate` is opened, writes 200 lines, each with its run, its number and padding, and exits. */
const SAYER = `#!/bin/sh
echo "$BROOD_RUN 0 begins"
: > "up.\${BROOD_WORKER#*/}"
read -r nothing <gate
i=0
while [ "$i" -lt 200 ]; do i=$((i + 1)); echo "$BROOD_RUN $i .................................................."; done
echo "$BROOD_RUN done" >&2
exit 3
`;

const sayers = (instances: number, restart = 'never'): object => ({
  fleet: 't',
  workers: {say: {run: './sayer', instances, restart}},
});

/** Kills keeper and controller at the same instant; no keeper starts before `meanwhile` has finished. */
async function withoutKeeper(fleet: TestFleet, meanwhile: () => Promise<unknown>): Promise<void> {
  const {anchor, pid: keeper, controller} = fleet.ps().supervisor;
  if (anchor === null) throw new Error('there is no anchor');
  process.kill(anchor, 'SIGSTOP');
  try {
    for (const signal of ['SIGSTOP', 'SIGKILL'] as const)
      for (const pid of [keeper, controller]) process.kill(pid, signal);
    await until('both to be gone', () => !lives(keeper) && !lives(controller));
    await meanwhile();
  } finally {
    process.kill(anchor, 'SIGCONT');
  }
}

/** Opens the gate again and again until the workers that wait there have ended. */
const openGate = (fleet: TestFleet, pids: readonly number[]): Promise<unknown> =>
  until(
    'the workers to be gone',
    () => {
      try {
        closeSync(openSync(fleet.path('gate'), constants.O_WRONLY | constants.O_NONBLOCK));
      } catch {
        // No worker waits at the gate.
      }
      return pids.every(pid => !lives(pid));
    },
    60_000,
  );

/** Makes the gate of a fleet of such workers. */
function gated<F extends TestFleet>(fleet: F): F {
  makeFifo(fleet.path('gate'));
  chmodSync(fleet.path('gate'), 0o666);
  return fleet;
}

const sayersUp = (fleet: TestFleet, instances: number): Promise<unknown> =>
  until(
    'all to have begun',
    () => Array.from({length: instances}, (_, at) => `up.${at + 1}`).every(name => existsSync(fleet.path(name))),
    60_000,
  );
/** Reads the lines from disk: a command for each of hundreds of logs would take minutes. */
const linesOf = (fleet: TestFleet, id: string, stream: Stream): string[] =>
  readFileSync(currentLog(join(folderOf(fleet), 'logs', id.replace('/', '.')), stream), 'utf8')
    .trimEnd()
    .split('\n');

/** Returns the runs in a log; checks that each is complete, in order and logged once. */
function wholeRuns(lines: readonly string[]): string[] {
  const runs: string[] = [];
  let next = 0;
  for (const line of lines) {
    const [run = '', number = ''] = line.split(' ');
    if (number === '0') {
      expect(next === 0 || next === 201).toBe(true);
      runs.push(run);
      next = 0;
    }
    expect([run, Number(number)]).toEqual([runs.at(-1), next]);
    next++;
  }
  expect(next).toBe(201);
  return runs;
}

async function allSaid(fleet: TestFleet, instances: number): Promise<void> {
  const ids = Array.from({length: instances}, (_, at) => `say/${at + 1}`);
  await until('all to be judged', () => fleet.ps().workers.every(({status}) => status === 'failed'), 60_000);
  // The record of a run is removed once its output is drained, which may be after its exit was judged.
  await until('all to be drained', () => readdirSync(join(folderOf(fleet), 'runs')).length === 0, 60_000);
  for (const id of ids) {
    expect(wholeRuns(linesOf(fleet, id, 'out'))).toHaveLength(1);
    expect(linesOf(fleet, id, 'err')).toEqual([expect.stringMatching(/ done$/)]);
  }
}

describe.each(['as root', 'as an ordinary user'])('%s', who => {
  const fleetOf = (instances: number): TestFleet => {
    const make =
      who === 'as root' ? (...all: ConstructorParameters<typeof TestFleet>) => new TestFleet(...all) : ordinaryFleet;
    return gated(make(sayers(instances), {sayer: SAYER}));
  };

  test.skipIf(!isRoot)('the last words of a worker are in its log (needs root to be either user)', async () => {
    await using(fleetOf(1), async fleet => {
      fleet.up();
      await sayersUp(fleet, 1);
      const {pid: worker} = fleet.worker('say');
      await withoutKeeper(fleet, async () => {
        await openGate(fleet, [worker!]);
      });
      await allSaid(fleet, 1);
      expect(fleet.ps().supervisor.guarantees.weaker.filter(text => text.includes('last output'))).toEqual([]);
      await endsClean(fleet);
    });
  });
});

test('the last words of 300 workers that end at once are in their logs, also when the next keeper is killed as soon as it has started', async () => {
  await using(gated(new TestFleet(sayers(300), {sayer: SAYER})), async fleet => {
    fleet.up();
    await sayersUp(fleet, 300);
    const before = fleet.ps();
    await withoutKeeper(fleet, async () => {
      await openGate(
        fleet,
        before.workers.map(({pid}) => pid!),
      );
    });
    const {pid: keeper, anchor} = before.supervisor;
    const next = await until('the next keeper', () =>
      fleet.tagged().find(({pid, ppid}) => ppid === anchor && pid !== keeper),
    );
    process.kill(next.pid, 'SIGKILL');
    await allSaid(fleet, 300);
    await endsClean(fleet);
  });
});

test('the runs of an instance follow one another in its log, however often all of the supervisor but the anchor is lost', async () => {
  const rounds = 4;
  await using(gated(new TestFleet(sayers(3, 'always'), {sayer: SAYER})), async fleet => {
    fleet.up();
    for (let round = 0; round < rounds; round++) {
      await sayersUp(fleet, 3);
      const workers = (await fleet.ready('say/1', 'say/2', 'say/3')).map(({pid}) => pid!);
      await withoutKeeper(fleet, async () => {
        for (let at = 1; at <= 3; at++) rmSync(fleet.path(`up.${at}`));
        await openGate(fleet, workers);
      });
    }
    await sayersUp(fleet, 3);
    for (const id of ['say/1', 'say/2', 'say/3']) {
      // The present run has written only its first line.
      const lines = await until('the first words of the last run', () => {
        const all = linesOf(fleet, id, 'out');
        return all.at(-1)?.endsWith(' begins') && all.slice(0, -1);
      });
      expect(new Set(wholeRuns(lines)).size).toBe(rounds);
    }
    await endsClean(fleet);
  });
});

test('unread data stays in a declared pipe, though its writer has ended', async () => {
  const file = {
    fleet: 't',
    workers: {
      produce: {
        sh: 'until [ -e go ]; do sleep 0.05; done; echo "the last words" >&"$BROOD_FD_FEED"; exit 3',
        restart: 'never',
      },
      consume: {sh: 'read -r line <&"$BROOD_FD_FEED"; echo "got $line"; exec sleep 1000'},
    },
    channels: {feed: {pipe: {from: 'produce', to: 'consume'}}},
  };
  await using(new TestFleet(file), async fleet => {
    fleet.up();
    await fleet.status('produce', 'ready');
    expect(fleet.run('stop', 'consume').code).toBe(0);
    const {pid: worker} = fleet.worker('produce');
    await withoutKeeper(fleet, async () => {
      fleet.write('', 'go');
      await until('the worker to be gone', () => !lives(worker!));
    });
    await fleet.status('produce', 'failed');
    expect(fleet.run('start', 'consume').code).toBe(0);
    await until('the words', () => fleet.run('logs', 'consume').out.includes('got the last words'));
    await endsClean(fleet);
  });
});

test('an upgrade of keeper and controller hands on the queue of descriptors', async () => {
  await using(gated(new TestFleet(sayers(2), {sayer: SAYER})), async fleet => {
    fleet.up();
    await sayersUp(fleet, 2);
    const before = fleet.ps();
    const {anchor} = before.supervisor;
    const queue = readlinkSync(`/proc/${anchor}/fd/6`);
    expect(queue).toMatch(/^socket:/);
    const other = installation(fleet, 'other', {'keeper.cjs': '// other', 'controller.cjs': '// other'});
    expect(await runOf(fleet, other, {}, 'upgrade')).toMatchObject({code: 0, err: ''});
    const {supervisor} = fleet.ps();
    expect(supervisor.pid).toBe(before.supervisor.pid);
    expect(supervisor.controller).not.toBe(before.supervisor.controller);
    expect(supervisor.guarantees).toEqual(before.supervisor.guarantees);
    expect(readlinkSync(`/proc/${supervisor.pid}/fd/6`)).toBe(queue);
    expect(readlinkSync(`/proc/${supervisor.controller}/fd/4`)).toBe(queue);
    await withoutKeeper(fleet, async () => {
      await openGate(
        fleet,
        before.workers.map(({pid}) => pid!),
      );
    });
    await allSaid(fleet, 2);
    await endsClean(fleet);
  });
});

test('the controller holds the output until the next up when the anchor is dead', async () => {
  await using(gated(new TestFleet(sayers(2), {sayer: SAYER})), async fleet => {
    fleet.up();
    await sayersUp(fleet, 2);
    const {supervisor, workers} = fleet.ps();
    process.kill(supervisor.anchor!, 'SIGKILL');
    await until('the anchor to be gone', () => !lives(supervisor.anchor!));
    process.kill(supervisor.pid, 'SIGKILL');
    await until('the keeper to be gone', () => !lives(supervisor.pid));
    await openGate(
      fleet,
      workers.map(({pid}) => pid!),
    );
    fleet.up();
    await allSaid(fleet, 2);
    await endsClean(fleet);
  });
});

test('neither workers nor programs of the controller inherit the queue', async () => {
  const fds = 'for fd in /proc/self/fd/*; do readlink "$fd"; done';
  const file = {
    fleet: 't',
    workers: {
      w: {sh: `${fds}; exec sleep 1000`, ready: {exec: ['sh', '-c', `{ ${fds}; } >>probed; true`]}},
    },
  };
  await using(new TestFleet(file), async fleet => {
    fleet.up('--wait');
    const lines = (text: string): string[] => text.trimEnd().split('\n');
    await until('what it has open', () => fleet.run('logs', 'w').out.includes('.err'));
    expect(lines(fleet.run('logs', 'w', '--raw').out).filter(name => name.startsWith('socket:'))).toEqual([]);
    expect(lines(fleet.read('probed')).length).toBeGreaterThan(2);
    const {pid, controller} = fleet.ps().supervisor;
    const queue = readlinkSync(join('/proc', String(controller), 'fd', '4'));
    expect(queue).toBe(readlinkSync(join('/proc', String(pid), 'fd', '6')));
    expect(lines(fleet.read('probed'))).not.toContain(queue);
    await endsClean(fleet);
  });
});
