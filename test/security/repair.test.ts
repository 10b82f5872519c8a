/** The fleet's folder is damaged under a living supervisor: one sweep notices it, and nothing is lost or doubled. */
import {spawnSync} from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {createServer} from 'node:net';
import {join} from 'node:path';
import {describe, expect, test, vi} from 'vitest';
import {TestFleet, until} from '../end-to-end/harness.ts';
import {endsClean, folderOf, removeLiving, sleeper} from '../end-to-end/losing.ts';
import {lives, workingFolder} from '../end-to-end/processes.ts';
import {using} from '../end-to-end/wrapped.ts';
import {goesOn, isRepaired, pidsOf, repaired, sweep} from './repairing.ts';

// The tests wait for sweeps, on a machine that may be busy.
vi.setConfig({testTimeout: 120_000});

describe('after the removal of the lock', () => {
  test('a second up is rejected at once, ls shows the fleet running, down ends it and waits for its end', async () => {
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

  test('the keeper stays the only one: a new one that got a lock of its own gives way', async () => {
    await using(new TestFleet({fleet: 't', workers: {a: sleeper}}), async fleet => {
      fleet.up('--wait');
      const {pid: keeper} = fleet.ps().supervisor;
      const [pid] = pidsOf(fleet);
      const folder = folderOf(fleet);
      rmSync(join(folder, 'lock'));
      // A start as by `up`, but without its check.
      const code = join(folder, 'code', readlinkSync(join(folder, 'code', 'current')));
      const words = ['/bin/sh', code, folder, 'x', code, process.execPath];
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

/** Returns the path of a run's record. */
function recordIn(folder: string): string {
  const [name = ''] = readdirSync(join(folder, 'runs')).filter(one => one.endsWith('.run'));
  return join(folder, 'runs', name);
}

/** Moves a file away, and puts something else in its place. */
function replace(path: string, make: (path: string) => void): void {
  renameSync(path, `${path}.moved`);
  make(path);
}

describe('a damaged folder', () => {
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
    ['the records of runs', 'records', folder => removeLiving(join(folder, 'runs'))],
    ['one record', 'records', folder => rmSync(recordIn(folder))],
    ['one record, emptied', 'records', folder => truncateSync(recordIn(folder))],
    ['one record, a link', 'records', folder => replace(recordIn(folder), path => symlinkSync(`${path}.moved`, path))],
    ['one record, a folder', 'records', folder => replace(recordIn(folder), path => mkdirSync(path))],
    ['whose children orphans are', 'orphanage.json', folder => rmSync(join(folder, 'orphanage.json'))],
    ['the same, damaged', 'orphanage.json', folder => truncateSync(join(folder, 'orphanage.json'), 5)],
    ['what the supervisor says', 'supervisor.log', folder => rmSync(join(folder, 'supervisor.log'))],
    [
      'what the supervisor says, another file',
      'supervisor.log',
      folder => replace(join(folder, 'supervisor.log'), path => writeFileSync(path, 'mine\n')),
    ],
    ['the programs', 'code', folder => removeLiving(join(folder, 'code'))],
    ['one program', 'code', folder => rmSync(join(folder, 'code', 'current', 'keeper.cjs'))],
    ['a program, torn', 'code', folder => truncateSync(join(folder, 'code', 'current', 'controller.cjs'), 1000)],
    ['the link to the programs', 'code', folder => rmSync(join(folder, 'code', 'current'))],
    [
      'the link to the programs, led elsewhere',
      'code',
      folder => replace(join(folder, 'code', 'current'), path => symlinkSync('deadbeef00000000', path)),
    ],
    [
      'the link to the programs, a folder',
      'code',
      folder => replace(join(folder, 'code', 'current'), path => mkdirSync(join(path, 'x'), {recursive: true})),
    ],
    ['the control socket', 'socket', folder => rmSync(join(folder, 'control.sock'))],
    ['the journal', 'journal', folder => rmSync(join(folder, 'journal.jsonl'))],
    ['the journal, cut short', 'journal', folder => truncateSync(join(folder, 'journal.jsonl'))],
  ];

  test('is restored part by part, and the successors of processes that are lost afterwards have the same workers', async () => {
    await using(new TestFleet({fleet: 't', workers: {a: {...sleeper, instances: 2}, off: sleeper}}), async fleet => {
      fleet.up('--wait');
      expect(fleet.run('stop', 'off').code).toBe(0);
      const folder = folderOf(fleet);
      for (const [what, name, damage] of damages) {
        const {pid: keeper} = fleet.ps().supervisor;
        const pids = pidsOf(fleet);
        // Earlier repairs of the same part do not count.
        const before = repaired(fleet).filter(one => one === name).length;
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
      expect(fleet.events('upgraded')).toEqual([]);
      expect(fleet.worker('off').status).toBe('stopped');
      await endsClean(fleet);
    });
  });

  test('is not written to by further sweeps once it is restored', async () => {
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

test('a living socket of another program in the place of the control socket is left alone, and reported', async () => {
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

test('messages of anchor, keeper and controller go to the restored log, and a truncated log is continued at its end', async () => {
  await using(new TestFleet({fleet: 't', workers: {a: sleeper}}), async fleet => {
    fleet.up('--wait');
    const log = join(folderOf(fleet), 'supervisor.log');
    const said = (words: RegExp): Promise<unknown> => until(String(words), () => words.test(readFileSync(log, 'utf8')));
    const lose = async (part: 'controller' | 'pid', meanwhile: () => void = () => undefined): Promise<void> => {
      const {supervisor} = fleet.ps();
      process.kill(supervisor.pid, 'SIGSTOP');
      meanwhile();
      process.kill(supervisor[part], 'SIGKILL');
      if (part === 'controller') process.kill(supervisor.pid, 'SIGCONT');
      await until(`the next ${part}`, () => fleet.ps().supervisor[part] !== supervisor[part], 30_000);
    };
    const {keeper} = fleet;
    rmSync(log);
    await isRepaired(fleet, keeper, 'supervisor.log');
    expect(statSync(log).mode & 0o777).toBe(0o600);
    await until('what the controller says', () => {
      for (const signal of ['SIGALRM', 'SIGUSR2'] as const) process.kill(keeper, signal);
      return readFileSync(log, 'utf8').includes('"supervisor": {');
    });
    await lose('controller');
    await said(/^brood keeper: controller \d+ ended/m);
    await lose('pid');
    await said(/^brood anchor: keeper ended with status 137/m);
    await lose('pid', () => rmSync(log));
    await said(/^brood anchor: keeper ended with status 137/m);
    await lose('controller', () => truncateSync(log));
    await said(/^brood keeper: controller \d+ ended/);
    await endsClean(fleet);
  });
});

test('the process that gets the orphans is known after the keeper is lost, though orphanage.json had been removed', async () => {
  await using(new TestFleet({fleet: 't', workers: {a: sleeper}}), async fleet => {
    fleet.up('--wait');
    rmSync(join(folderOf(fleet), 'orphanage.json'));
    await isRepaired(fleet, fleet.keeper, 'orphanage.json');
    const {keeper} = fleet;
    process.kill(keeper, 'SIGKILL');
    await until('the next keeper', () => fleet.keeper !== keeper, 30_000);
    expect(fleet.run('stop', 'a').code).toBe(0);
    expect(JSON.stringify(fleet.events())).not.toContain('the anchor of this run was lost');
  });
});
