/** `brood upgrade`: new programs take over and nothing is lost, or nothing changes. */
import {existsSync, readlinkSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import type {PsReport} from '../../src/control/reports.ts';
import {TestFleet, tellsEnds, until} from './harness.ts';
import {installation, runOf} from './installation.ts';
import {lives} from './processes.ts';
import {using} from './wrapped.ts';

const sleeper = {run: ['sleep', '1000']};
const late = {sh: 'trap "exit 42" USR1; touch late-up; while :; do sleep 0.05; done', restart: 'never'};
/** Writes numbered lines until the file `enough` exists, then their number to the file `wrote`. */
const loud = {
  sh: 'n=0; while [ ! -e enough ]; do i=0; while [ $i -lt 500 ]; do i=$((i+1)); n=$((n+1)); echo $n; done; sleep 0.1; done; echo $n > wrote; exec sleep 1000',
  logs: {max_size: '1MiB', keep: 1000, compress: false},
};

const current = (fleet: TestFleet): string => readlinkSync(join(fleetFolder(fleet), 'code', 'current'));
const fleetFolder = (fleet: TestFleet): string => {
  const {supervisor} = fleet.ps();
  return readlinkSync(`/proc/${supervisor.pid}/cwd`);
};
const pidsOf = ({workers}: PsReport): unknown => workers.map(({id, pid, restarts}) => [id, pid, restarts]);

/** Waits until all output of `loud` is in its log, and checks that every line is there once and in order. */
async function nothingIsLost(fleet: TestFleet): Promise<void> {
  writeFileSync(fleet.path('enough'), '');
  const count = await until('the last line to be written', () => Number(fleet.read('wrote')) || null, 30_000);
  const lines = await until(
    'the last line to be in the log',
    () => {
      const all = fleet.run('logs', 'loud', '--raw').out.split('\n');
      return all.includes(String(count)) ? all : null;
    },
    30_000,
  );
  expect(lines.filter(Boolean).findIndex((line, at) => line !== String(at + 1))).toBe(-1);
}

test('a new keeper and a new controller take over: pids, exit statuses and lines stay', async () => {
  await using(new TestFleet({fleet: 't', workers: {w: {...sleeper, instances: 3}, late, loud}}), async fleet => {
    fleet.up('--wait');
    await until('the trap', () => fleet.read('late-up') === '' && fleet.run('logs', 'loud', '-n', '1').out !== '');
    const before = fleet.ps();
    const old = current(fleet);
    for (const round of [1, 2]) {
      const other = installation(fleet, `other${round}`, {
        'keeper.cjs': `// ${round}`,
        'controller.cjs': `// ${round}`,
      });
      expect(await runOf(fleet, other, {}, 'upgrade')).toMatchObject({code: 0, err: ''});
    }
    const after = fleet.ps();
    expect(current(fleet)).not.toBe(old);
    expect(after.supervisor).toMatchObject({anchor: before.supervisor.anchor, pid: before.supervisor.pid});
    expect(after.supervisor.controller).not.toBe(before.supervisor.controller);
    await until('the old controller to leave', () => !lives(before.supervisor.controller));
    expect(pidsOf(after)).toEqual(pidsOf(before));
    expect(after.workers.some(({adopted}) => adopted)).toBe(false);
    expect(fleet.events('upgraded')).toHaveLength(2);
    expect(fleet.events('keeper-lost')).toEqual([]);
    expect(fleet.events('controller-lost')).toEqual([]);
    expect(fleet.events('orphan-adopted')).toEqual([]);
    process.kill(fleet.worker('late').pid!, 'SIGUSR1');
    expect((await fleet.status('late', 'failed')).exit).toMatchObject({code: 42, reason: 'exited'});
    await nothingIsLost(fleet);
    // Both parts are restarted from the new programs.
    process.kill(after.supervisor.controller, 'SIGKILL');
    await until('the next controller', () => fleet.controller !== after.supervisor.controller);
    process.kill(after.supervisor.pid, 'SIGKILL');
    await until('the next keeper', () => fleet.keeper !== after.supervisor.pid);
    expect(fleet.ps().workers.find(({id}) => id === 'w/2')).toMatchObject({pid: before.workers[1]!.pid});
    expect(fleet.run('down').code).toBe(0);
    await until('nothing to be left', () => fleet.tagged().length === 0);
  });
});

/** A keeper whose trial lasts until a run has begun, and which takes over only when that run has ended. */
const slowKeeper = (fleet: TestFleet, then: string): string => `{
  const {existsSync, readFileSync, writeFileSync} = require('node:fs');
  const {join} = require('node:path');
  const file = name => join(${JSON.stringify(fleet.folder)}, name);
  const until = so => { while (!so()) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10); };
  if (process.argv.includes('--check')) {
    writeFileSync(file('checking'), '');
    until(() => existsSync(file('begun')) && readFileSync(file('begun'), 'utf8') !== '');
  } else if (process.argv.some(arg => arg.includes('"upgrade":{'))) {
    const pid = Number(readFileSync(file('begun'), 'utf8'));
    writeFileSync(file('go'), '');
    until(() => / Z /.test(readFileSync('/proc/' + pid + '/stat', 'utf8')));
    ${then}
  }
}`;

test.each([
  ['works', '', {code: 0}],
  ['is lost', 'process.exit(9);', {code: 1}],
])(
  'a run that begins during an upgrade and ends while the keeper is being replaced, by one that %s, loses no line',
  async (_how, then, end) => {
    const lastWords = 'echo $$ > begun; while [ ! -e go ]; do sleep 0.02; done; echo last words';
    await using(new TestFleet({fleet: 't', workers: {w: sleeper}}), async fleet => {
      fleet.up('--wait');
      const other = installation(fleet, 'other', {'keeper.cjs': slowKeeper(fleet, then), 'controller.cjs': '//'});
      const upgrade = runOf(fleet, other, {}, 'upgrade');
      await until('the trial', () => existsSync(fleet.path('checking')));
      expect(fleet.run('add', '--name', 'late', '--restart', 'never', '--', 'sh', '-c', lastWords).code).toBe(0);
      expect(await upgrade).toMatchObject(end);
      await until('its end', () => fleet.worker('late').pid === null);
      expect(fleet.run('logs', 'late', '--raw').out).toBe('last words\n');
    });
  },
);

const atWelcome = (what: string): string => `{
  const {Socket} = require('node:net');
  const emit = Socket.prototype.emit;
  Socket.prototype.emit = function (name, chunk, ...rest) {
    if (name === 'data' && String(chunk).includes('"type":"welcome"')) { ${what} }
    return emit.call(this, name, chunk, ...rest);
  };
}`;
const replaced = (what: string): string => `if (process.argv.some(arg => arg.includes('"upgrade":{'))) { ${what} }`;
const HANGS = 'setInterval(() => {}, 1000); return;';

const broken: readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[] = [
  ['a controller that does not start', {'controller.cjs': 'throw new Error("no such luck");'}, /ended \(exit code 1\)/],
  ['a controller that hangs at once', {'controller.cjs': HANGS}, /longer than 10s/],
  ['a controller that dies when it takes over', {'controller.cjs': atWelcome('process.exit(7)')}, /exit code 7/],
  ['a controller that takes over and never answers', {'controller.cjs': atWelcome('return true')}, /longer than 10s/],
  [
    'a keeper that fails its trial',
    {'keeper.cjs': 'console.error("bad keeper"); process.exit(9);'},
    /code 9\): bad keeper/,
  ],
  ['a keeper that dies when it takes over', {'keeper.cjs': replaced('process.exit(9)')}, /keeper was lost/],
  ['a keeper that takes over and hangs', {'keeper.cjs': replaced(HANGS)}, /keeper was lost/],
  [
    'a keeper that works, with a controller that dies when it takes over',
    {'keeper.cjs': '//', 'controller.cjs': atWelcome('process.exit(7)')},
    /exit code 7/,
  ],
];

describe('an upgrade changes nothing, and reports the reason, with', () => {
  // Concurrent, since the slow cases wait for a timeout of ten seconds.
  test.concurrent.each(broken)('%s', {timeout: 180_000}, async (_name, before, reason) => {
    await using(new TestFleet({fleet: 't', workers: {w: {...sleeper, instances: 3}, late, loud}}), async fleet => {
      fleet.up('--wait');
      const {workers, supervisor} = fleet.ps();
      const old = current(fleet);
      const ran = await runOf(fleet, installation(fleet, 'other', before), {}, 'upgrade');
      expect(ran).toMatchObject({code: 1, out: ''});
      expect(ran.err).toMatch(/nothing was changed/);
      expect(ran.err).toMatch(reason);
      const after = fleet.ps();
      expect(current(fleet)).toBe(old);
      expect(after.supervisor.anchor).toBe(supervisor.anchor);
      expect(pidsOf(after)).toEqual(pidsOf({workers} as PsReport));
      expect(fleet.events('upgrade-failed')).toHaveLength(1);
      // All is as it was, also for the next run.
      process.kill(fleet.worker('w/1').pid!, 'SIGKILL');
      await fleet.successor('w/1', workers[0]!.pid!);
      process.kill(fleet.worker('late').pid!, 'SIGUSR1');
      const {exit} = await fleet.status('late', 'failed');
      // After the loss of a keeper, the workers are no children of the next one.
      if (tellsEnds) expect(exit).toMatchObject({code: 42});
      await nothingIsLost(fleet);
      expect(fleet.run('upgrade')).toMatchObject({code: 0, err: ''});
      expect(fleet.run('down').code).toBe(0);
      await until('nothing to be left', () => fleet.tagged().length === 0);
    });
  });
});

test('a fleet outlives its installation: lost parts are restarted, and commands of another installation work', async () => {
  await using(new TestFleet({fleet: 't', workers: {w: {...sleeper, instances: 2}}}), async fleet => {
    const other = installation(fleet, 'other', {});
    expect((await runOf(fleet, other, {}, 'up', '-d', '--wait')).code).toBe(0);
    rmSync(fleet.path('other'), {recursive: true});
    const before = fleet.ps();
    process.kill(before.supervisor.controller, 'SIGKILL');
    await until('the next controller', () => fleet.controller !== before.supervisor.controller);
    process.kill(before.supervisor.pid, 'SIGKILL');
    await until('the next keeper', () => fleet.keeper !== before.supervisor.pid);
    fleet.write({fleet: 't', workers: {w: {...sleeper, instances: 3}}});
    expect(fleet.run('apply').code).toBe(0);
    expect(
      fleet
        .ps()
        .workers.map(({pid}) => pid)
        .slice(0, 2),
    ).toEqual(before.workers.map(({pid}) => pid));
    expect(fleet.named('sleep')).toHaveLength(3);
    expect(fleet.run('upgrade').code).toBe(0);
    expect(fleet.run('down').code).toBe(0);
  });
});

test('upgrade exits with 3 if the fleet does not run', async () => {
  await using(new TestFleet({fleet: 't', workers: {w: sleeper}}), fleet => {
    expect(fleet.run('upgrade').code).toBe(3);
  });
});
