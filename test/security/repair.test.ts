/** The fleet's folder changes under a living supervisor: it notices within one sweep, and nothing is lost or doubled. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {createServer} from 'node:net';
import {join} from 'node:path';
import {describe, expect, test, vi} from 'vitest';
import {TestFleet, until} from '../end-to-end/harness.ts';
import {endsClean, folderOf, sleeper} from '../end-to-end/losing.ts';
import {commandLine, lives, workingFolder} from '../end-to-end/processes.ts';
import {using} from '../end-to-end/wrapped.ts';

// Sweeps are waited for, on a machine that may be busy.
vi.setConfig({testTimeout: 120_000});

/** Lines from 1 on, some of which are always under way. */
const talk = {sh: 'i=0; while :; do i=$((i + 1)); echo $i; sleep 0.01; done'};

/** What SIGALRM is for: the sweep that comes every five seconds anyway. */
const sweep = (keeper: number): void => void process.kill(keeper, 'SIGALRM');

/** What was put back, as the journal tells. */
const repaired = (fleet: TestFleet): unknown[] => fleet.events('repaired').map(({what}) => what);

async function isRepaired(fleet: TestFleet, keeper: number, ...what: string[]): Promise<void> {
  await until(`${what.join(' and ')} to be put back`, () => {
    sweep(keeper);
    const found = repaired(fleet);
    return what.every(one => found.includes(one));
  });
}

/** All three are lost in turn and come back to the same workers. */
async function goesOn(fleet: TestFleet, pids: readonly (number | null)[]): Promise<void> {
  for (const part of ['controller', 'pid'] as const) {
    const {supervisor} = fleet.ps();
    process.kill(supervisor[part], 'SIGKILL');
    await until(`the next ${part}`, () => fleet.ps().supervisor[part] !== supervisor[part], 30_000);
    expect(fleet.ps().workers.map(({pid}) => pid)).toEqual(pids);
  }
  const {anchor, pid, controller} = fleet.ps().supervisor;
  expect([anchor, pid, controller].every(one => one !== null && lives(one))).toBe(true);
}

const pidsOf = (fleet: TestFleet): (number | null)[] => fleet.ps().workers.map(({pid}) => pid);

describe('the programs are removed, and then the keeper that holds them is lost', () => {
  test.each([
    ['the copy', (folder: string) => rmSync(join(folder, 'code'), {recursive: true})],
    ['the link to it', (folder: string) => rmSync(join(folder, 'code', 'current'))],
  ])(
    '%s: its successor makes it anew from what is installed, with an event, and all workers run on',
    async (_what, damage) => {
      await using(new TestFleet({fleet: 't', workers: {a: sleeper, b: sleeper}}), async fleet => {
        fleet.up('--wait');
        const pids = pidsOf(fleet);
        const {keeper} = fleet;
        // A keeper that sweeps at this moment would put it back itself.
        process.kill(keeper, 'SIGSTOP');
        damage(folderOf(fleet));
        process.kill(keeper, 'SIGKILL');
        await until(
          'a copy that is current',
          () => existsSync(join(folderOf(fleet), 'code', 'current', 'keeper.cjs')),
          30_000,
        );
        await until('an event', () => repaired(fleet).includes('code'), 30_000);
        expect(pidsOf(fleet)).toEqual(pids);
        await goesOn(fleet, pids);
        const running = commandLine(fleet.keeper).find(word => word.endsWith('keeper.cjs'));
        expect(running).toContain(join(folderOf(fleet), 'code'));
      });
    },
  );

  test('damage that a keeper finds when it comes up is an event as well', async () => {
    await using(new TestFleet({fleet: 't', workers: {a: sleeper}}), async fleet => {
      fleet.up('--wait');
      const {keeper} = fleet;
      process.kill(keeper, 'SIGSTOP');
      truncateSync(join(folderOf(fleet), 'code', 'current', 'controller.cjs'), 1_000);
      process.kill(keeper, 'SIGKILL');
      await until('an event', () => repaired(fleet).includes('code'), 30_000);
    });
  });
});

describe('what tells of the fleet is removed, and then whoever held it is lost', () => {
  test('records and keeper: no worker runs twice; what is left of the runs is ended before their successors start', async () => {
    const workers = {
      a: {...sleeper, instances: 2},
      // It would be a second one to whoever sees it beside its successor.
      b: {
        sh: 'mkdir only || { echo beside another > twice; exit 1; }; trap "rmdir only; exit" TERM; while :; do sleep 0.05; done',
      },
    };
    await using(new TestFleet({fleet: 't', workers}), async fleet => {
      fleet.up('--wait');
      const before = fleet.ps().workers;
      const {keeper} = fleet;
      process.kill(keeper, 'SIGSTOP');
      rmSync(join(folderOf(fleet), 'runs'), {recursive: true});
      process.kill(keeper, 'SIGKILL');
      for (const {id, pid} of before) await fleet.successor(id, pid!, 30_000);
      expect(before.filter(({pid}) => lives(pid!))).toEqual([]);
      expect(fleet.read('twice')).toBe('');
      await until('an event', () => repaired(fleet).includes('records'));
      await endsClean(fleet);
    });
  });

  test.each([
    ['removed', (path: string) => rmSync(path)],
    ['cut short', (path: string) => truncateSync(path, 20)],
    ['something else', (path: string) => writeFileSync(path, '[1, 2]')],
  ])('what up was given is %s: controller and keeper go on from the state, and put it back', async (_how, damage) => {
    for (const parts of [['controller'], ['pid', 'controller']] as const) {
      await using(new TestFleet({fleet: 't', workers: {a: sleeper}}), async fleet => {
        fleet.up('--wait');
        const path = join(folderOf(fleet), 'fleet.json');
        const text = readFileSync(path, 'utf8');
        const pids = pidsOf(fleet);
        const {supervisor} = fleet.ps();
        for (const part of parts) process.kill(supervisor[part], 'SIGSTOP');
        damage(path);
        for (const part of parts) process.kill(supervisor[part], 'SIGKILL');
        await until(
          'its successors',
          () => parts.every(part => fleet.ps().supervisor[part] !== supervisor[part]),
          30_000,
        );
        await isRepaired(fleet, fleet.keeper, 'fleet.json');
        expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
          name: 't',
          file: fleet.path('brood.yaml'),
          spec: (JSON.parse(text) as {spec: unknown}).spec,
        });
        expect(pidsOf(fleet)).toEqual(pids);
        expect(fleet.run('apply').code).toBe(0);
        await goesOn(fleet, pids);
      });
    }
  });
});

describe('the lock is removed', () => {
  test('a second up is refused at once, ls shows it running, down ends it and waits for it', async () => {
    await using(new TestFleet({fleet: 't', workers: {a: sleeper}}), fleet => {
      fleet.up('--wait');
      const {anchor, pid: keeper} = fleet.ps().supervisor;
      const remove = (): void => rmSync(join(folderOf(fleet), 'lock'), {force: true});
      remove();
      const again = fleet.run('up', '-d');
      remove();
      expect(again.code).toBe(1);
      expect(again.err).toMatch(new RegExp(`already running.*${keeper}`));
      expect(JSON.parse(fleet.run('ls', '--json').out)).toMatchObject([{state: 'running', pid: keeper}]);
      remove();
      expect(fleet.run('down').code).toBe(0);
      expect([anchor, keeper].filter(pid => pid !== null && lives(pid))).toEqual([]);
      expect(fleet.tagged()).toEqual([]);
    });
  });

  test('a keeper stays the only one: a newcomer that got a lock of its own gives way', async () => {
    await using(new TestFleet({fleet: 't', workers: {a: sleeper}}), async fleet => {
      fleet.up('--wait');
      const {pid: keeper} = fleet.ps().supervisor;
      const [pid] = pidsOf(fleet);
      const folder = folderOf(fleet);
      rmSync(join(folder, 'lock'));
      // As `up` would start it, if it had not looked.
      const code = join(folder, 'code', readlinkSync(join(folder, 'code', 'current')));
      const words = ['/bin/sh', code, folder, 'x', code, process.execPath];
      const {spawnSync} = await import('node:child_process');
      const status = ['ignore', 'ignore', 'ignore', 'pipe'] as const;
      const ran = spawnSync(process.execPath, [join(code, 'anchor.cjs'), ...words], {
        cwd: folder,
        env: fleet.env,
        stdio: [...status],
        timeout: 30_000,
        encoding: 'utf8',
      });
      expect(ran.output[3]).toMatch(`refused ${keeper}`);
      await isRepaired(fleet, keeper, 'lock');
      expect(pidsOf(fleet)).toEqual([pid]);
      expect(fleet.named('sleep').length).toBe(1);
      await endsClean(fleet);
    });
  });
});

describe('what lies in the folder is put back, and whatever is lost afterwards comes back to the same workers', () => {
  const damages: [string, string, (folder: string) => void][] = [
    ['the lock', 'lock', folder => rmSync(join(folder, 'lock'))],
    ['what up was given', 'fleet.json', folder => rmSync(join(folder, 'fleet.json'))],
    ['what up was given, emptied', 'fleet.json', folder => truncateSync(join(folder, 'fleet.json'))],
    [
      'both halves of the snapshot',
      'snapshot',
      folder => {
        for (const half of [0, 1]) rmSync(join(folder, `snapshot.${half}`));
      },
    ],
    [
      'both halves of the snapshot, damaged',
      'snapshot',
      folder => {
        for (const half of [0, 1]) truncateSync(join(folder, `snapshot.${half}`), 100);
      },
    ],
    ['the records of runs', 'records', folder => rmSync(join(folder, 'runs'), {recursive: true})],
    [
      'one record',
      'records',
      folder => {
        const [name = ''] = readdirSync(join(folder, 'runs')).filter(one => one.endsWith('.run'));
        rmSync(join(folder, 'runs', name));
      },
    ],
    ['the programs', 'code', folder => rmSync(join(folder, 'code'), {recursive: true})],
    ['one program', 'code', folder => rmSync(join(folder, 'code', 'current', 'keeper.cjs'))],
    ['a program, torn', 'code', folder => truncateSync(join(folder, 'code', 'current', 'controller.cjs'), 1000)],
    ['the link to the programs', 'code', folder => rmSync(join(folder, 'code', 'current'))],
    ['the control socket', 'socket', folder => rmSync(join(folder, 'control.sock'))],
    ['the journal', 'journal', folder => rmSync(join(folder, 'journal.jsonl'))],
    ['the journal, cut short', 'journal', folder => truncateSync(join(folder, 'journal.jsonl'))],
  ];

  test('each of it', async () => {
    await using(new TestFleet({fleet: 't', workers: {a: {...sleeper, instances: 2}, off: sleeper}}), async fleet => {
      fleet.up('--wait');
      expect(fleet.run('stop', 'off').code).toBe(0);
      const folder = folderOf(fleet);
      for (const [what, name, damage] of damages) {
        const {pid: keeper} = fleet.ps().supervisor;
        const pids = pidsOf(fleet);
        const before = repaired(fleet).filter(one => one === name).length;
        // So that what is asked for next is not what was there before.
        damage(folder);
        await until(`${what} to be put back`, () => {
          sweep(keeper);
          const count = repaired(fleet).filter(one => one === name).length;
          return count > (name === 'journal' ? 0 : before);
        });
        expect(`${what} ${String(pidsOf(fleet))}`).toBe(`${what} ${String(pids)}`);
      }
      expect(fleet.worker('off').status).toBe('stopped');
      await goesOn(fleet, pidsOf(fleet));
      expect(fleet.worker('off').status).toBe('stopped');
      await endsClean(fleet);
    });
  });

  test('at rest nothing is written, again and again', async () => {
    await using(new TestFleet({fleet: 't', workers: {a: sleeper}}), async fleet => {
      fleet.up('--wait');
      const folder = folderOf(fleet);
      const {pid: keeper} = fleet.ps().supervisor;
      rmSync(join(folder, 'lock'));
      await isRepaired(fleet, keeper, 'lock');
      const files = ['lock', 'fleet.json', 'snapshot.0', 'snapshot.1', 'code/current/keeper.cjs'];
      const marks = (): unknown[] => files.map(name => [name, statSync(join(folder, name)).ino]);
      const before = marks();
      const {seq} = fleet.events().at(-1)!;
      for (let round = 0; round < 5; round++) {
        sweep(keeper);
        fleet.ps();
      }
      expect(marks()).toEqual(before);
      expect(fleet.events().at(-1)!.seq).toBe(seq);
      await endsClean(fleet);
    });
  });
});

describe('the folder is removed', () => {
  test('it is back with all that is needed, and a keeper that is lost then takes over workers and their output', async () => {
    await using(new TestFleet({fleet: 't', workers: {a: {...sleeper, instances: 2}, talk}}), async fleet => {
      fleet.up('--wait');
      const folder = folderOf(fleet);
      const {pid: keeper} = fleet.ps().supervisor;
      const pids = pidsOf(fleet);
      rmSync(folder, {recursive: true});
      // Every command waits until the supervisor has noticed; meanwhile none says that it is down.
      expect(fleet.run('up', '-d').code).toBe(1);
      sweep(keeper);
      await until('the fleet to answer', () => fleet.run('ps').code === 0, 30_000);
      await until('all to be there', () =>
        [
          'lock',
          'fleet.json',
          'snapshot.0',
          'snapshot.1',
          'journal.jsonl',
          'control.sock',
          'runs',
          'code/current',
        ].every(name => existsSync(join(folder, name))),
      );
      expect(statSync(folder).mode & 0o777).toBe(0o700);
      expect(pidsOf(fleet)).toEqual(pids);
      await isRepaired(fleet, keeper, 'folder', 'lock', 'records', 'code', 'snapshot');
      await goesOn(fleet, pids);
      // What it writes now goes through a FIFO without a name, which the next keeper has found.
      const length = (): number => fleet.run('logs', 'talk', '--raw').out.length;
      const before = length();
      await until('further lines', () => length() > before, 30_000);
      await endsClean(fleet);
    });
  });

  test('SIGTERM to the anchor ends the fleet, in that moment', async () => {
    await using(new TestFleet({fleet: 't', workers: {a: sleeper}}), async fleet => {
      fleet.up('--wait');
      const {anchor} = fleet.ps().supervisor;
      rmSync(folderOf(fleet), {recursive: true});
      process.kill(anchor!, 'SIGTERM');
      await until('nothing to be left', () => fleet.tagged().length === 0, 30_000);
    });
  });

  test('with all above it: the fleet ends, and says so', async () => {
    const fleet = new TestFleet({fleet: 't', workers: {a: sleeper}});
    const home = fleet.path('deep', 'home');
    mkdirSync(home, {recursive: true});
    Object.assign(fleet, {home, env: {...fleet.env, BROOD_HOME: home}});
    await using(fleet, async gone => {
      gone.up('--wait');
      const {anchor, pid: keeper} = gone.ps().supervisor;
      const log = join(gone.folder, 'supervisor.log');
      renameSync(join(folderOf(gone), 'supervisor.log'), log);
      rmSync(gone.path('deep'), {recursive: true});
      await until('the end', () => {
        if (lives(keeper)) sweep(keeper);
        return gone.tagged().length === 0 && !lives(anchor!);
      });
      expect(readFileSync(log, 'utf8')).toMatch(/can't be put back .*the fleet is ended/);
    });
  });

  test('and the keeper is lost before it has noticed: what is left is ended by the next one, which says so', async () => {
    const strays = {sh: 'setsid sleep 1000 & exec sleep 1001'};
    await using(new TestFleet({fleet: 't', workers: {a: sleeper, strays}}), async fleet => {
      fleet.up('--wait');
      await until('its stray', () => fleet.named('sleep').length === 3);
      const {anchor, pid: keeper, controller} = fleet.ps().supervisor;
      const log = join(fleet.folder, 'supervisor.log');
      renameSync(join(folderOf(fleet), 'supervisor.log'), log);
      for (const pid of [keeper, controller]) process.kill(pid, 'SIGSTOP');
      rmSync(folderOf(fleet), {recursive: true});
      for (const pid of [keeper, controller]) process.kill(pid, 'SIGKILL');
      await until('the end', () => fleet.tagged().length === 0 && !lives(anchor!), 30_000);
      expect(readFileSync(log, 'utf8')).toMatch(/what is left of the fleet is ended/);
    });
  });

  test('and replaced by another user’s, or by a file: the fleet ends', async () => {
    await using(new TestFleet({fleet: 't', workers: {a: sleeper}}), async fleet => {
      fleet.up('--wait');
      const {pid: keeper} = fleet.ps().supervisor;
      const folder = folderOf(fleet);
      renameSync(folder, fleet.path('moved'));
      writeFileSync(folder, '');
      await until('the end', () => {
        if (lives(keeper)) sweep(keeper);
        return fleet.tagged().length === 0;
      });
      expect(lstatSync(folder).isFile()).toBe(true);
    });
  });
});

test('a living socket of another program in the place of the control socket is left alone, and it is said', async () => {
  await using(new TestFleet({fleet: 't', workers: {a: sleeper}}), async fleet => {
    fleet.up('--wait');
    const {pid: keeper, controller} = fleet.ps().supervisor;
    const path = join(folderOf(fleet), 'control.sock');
    rmSync(path);
    const server = createServer(socket => socket.destroy()).listen(path);
    try {
      await until('its socket', () => existsSync(path));
      const {ino} = statSync(path);
      const log = join(folderOf(fleet), 'supervisor.log');
      await until('the complaint', () => {
        sweep(keeper);
        return readFileSync(log, 'utf8').includes(`another program (pid ${process.pid}) listens`);
      });
      expect(statSync(path).ino).toBe(ino);
    } finally {
      await new Promise(resolve => server.close(resolve));
    }
    await until('its own socket', () => {
      sweep(keeper);
      return fleet.run('ps').code === 0;
    });
    expect(fleet.controller).toBe(controller);
    expect(workingFolder(keeper)).toBe(folderOf(fleet));
    await endsClean(fleet);
  });
});
