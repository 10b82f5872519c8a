/** Declared pipes: unread data stays, and no worker reads an end of file, whichever process is lost or replaced. */
import {existsSync, lstatSync, mkdirSync, renameSync, rmSync} from 'node:fs';
import {execFileSync} from 'node:child_process';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {TestFleet, until} from './harness.ts';
import {installation, runOf} from './installation.ts';
import {using} from './wrapped.ts';
import {
  files,
  producer,
  consumer,
  fleetOf,
  fifoOf,
  arrived,
  arrivedFrom,
  flows,
  written,
  nothingIsLost,
  hold,
  kill,
  loseKeeper,
} from './piping.ts';

const release = (fleet: TestFleet): void => rmSync(fleet.path('hold'));

async function loseController(fleet: TestFleet): Promise<void> {
  const {controller} = fleet;
  process.kill(controller, 'SIGKILL');
  await until('the next controller', () => fleet.controller !== controller);
}

test('every line arrives once and in order, whichever process is killed or replaced', {timeout: 180_000}, async () => {
  await using(new TestFleet(fleetOf(), files), async fleet => {
    expect(fleet.run('check').out).not.toContain('no effect');
    fleet.up('--wait');
    expect(lstatSync(fifoOf(fleet)).mode & 0o777).toBe(0o600);
    const reader = fleet.worker('consumer').pid!;
    let writer = fleet.worker('producer').pid!;
    await flows(fleet, writer);
    await loseController(fleet);
    await flows(fleet, writer);
    await loseKeeper(fleet);
    await flows(fleet, writer);
    writer = await kill(fleet, 'producer');
    await flows(fleet, writer);
    const {pid, controller} = fleet.ps().supervisor;
    for (const signal of ['SIGSTOP', 'SIGKILL'] as const)
      for (const one of [pid, controller]) process.kill(one, signal);
    await until('the next ones', () => fleet.keeper !== pid && fleet.controller !== controller);
    await flows(fleet, writer);
    for (const [name, changed] of [
      ['same-keeper', {'controller.cjs': '//'}],
      ['other-keeper', {'keeper.cjs': '//'}],
    ] as const) {
      expect((await runOf(fleet, installation(fleet, name, changed), {}, 'upgrade')).code).toBe(0);
      await flows(fleet, writer);
      writer = await kill(fleet, 'producer');
      await flows(fleet, writer);
    }
    fleet.killSupervisor();
    fleet.up('--wait');
    await flows(fleet, writer);
    writer = await kill(fleet, 'producer');
    await flows(fleet, writer);
    expect(fleet.worker('consumer').pid).toBe(reader);
    await hold(fleet, reader);
    const next = await kill(fleet, 'consumer');
    release(fleet);
    await flows(fleet, writer);
    expect(fleet.worker('consumer').pid).toBe(next);
    await nothingIsLost(fleet, writer);
  });
});

test(
  'a worker that alone holds a pipe reads no end of file, and keeps its contents, also when nothing of the supervisor is left',
  {timeout: 180_000},
  async () => {
    await using(new TestFleet(fleetOf(), files), async fleet => {
      fleet.up('--wait');
      const writer = fleet.worker('producer').pid!;
      let reader = fleet.worker('consumer').pid!;
      await flows(fleet, writer);
      await hold(fleet, reader);
      fleet.killSupervisor();
      process.kill(reader, 'SIGKILL');
      const before = written(fleet, writer);
      await until('the writer to go on', () => written(fleet, writer) > before + 5, 30_000);
      release(fleet);
      fleet.up('--wait');
      expect(fleet.worker('producer').pid).toBe(writer);
      reader = fleet.worker('consumer').pid!;
      await flows(fleet, writer);
      fleet.killSupervisor();
      process.kill(writer, 'SIGKILL');
      await until('all that it wrote', () => arrivedFrom(fleet, writer) >= written(fleet, writer), 30_000);
      fleet.up('--wait');
      expect(fleet.worker('consumer').pid).toBe(reader);
      const next = fleet.worker('producer').pid!;
      await flows(fleet, next);
      await nothingIsLost(fleet, next);
    });
  },
);

test(
  'the contents of a pipe that no worker holds stay when the keeper is lost or replaced',
  {timeout: 180_000},
  async () => {
    const wait = {...consumer, restart: 'never'};
    await using(new TestFleet(fleetOf({workers: {producer, consumer: wait}}), files), async fleet => {
      fleet.up('--wait');
      const reader = fleet.worker('consumer').pid!;
      await hold(fleet, reader);
      fleet.run('stop', 'consumer');
      for (const lose of [
        () => loseKeeper(fleet),
        async () => {
          const other = installation(fleet, 'other', {'keeper.cjs': '//'});
          expect((await runOf(fleet, other, {}, 'upgrade')).code).toBe(0);
        },
      ]) {
        const {pid} = await fleet.status('producer', 'ready');
        await until('lines in it', () => written(fleet, pid!) > arrivedFrom(fleet, pid!) + 5, 30_000);
        fleet.run('stop', 'producer');
        await lose();
        // Keeper and controller each hold the pipe.
        await loseController(fleet);
        fleet.run('start', 'producer');
      }
      release(fleet);
      fleet.run('start', 'consumer');
      const writer = fleet.worker('producer').pid!;
      await flows(fleet, writer);
      await nothingIsLost(fleet, writer);
      expect(arrived(fleet).size).toBe(3);
    });
  },
);

test(
  'the contents also stay when the name was removed before; the removal is reported, also where the name can be restored',
  {timeout: 180_000},
  async () => {
    const never = {restart: 'never'};
    const workers = {producer: {...producer, ...never}, consumer: {...consumer, ...never}};
    await using(new TestFleet(fleetOf({workers}), files), async fleet => {
      fleet.up('--wait');
      const fifo = fifoOf(fleet);
      const {ino} = lstatSync(fifo);
      const told = (words: RegExp): Promise<unknown> =>
        until(`an event that says ${String(words)}`, () => {
          process.kill(fleet.keeper, 'SIGALRM');
          return fleet.events('repaired').some(({what, message}) => what === 'channels' && words.test(String(message)));
        });
      renameSync(fifo, `${fifo}.moved`);
      await told(/^the names of the pipes feed were removed$/);
      expect(lstatSync(fifo).ino).toBe(ino);
      const reader = fleet.worker('consumer').pid!;
      const writers: number[] = [];
      await hold(fleet, reader);
      expect(fleet.run('stop', 'consumer').code).toBe(0);
      for (const remove of [
        () => rmSync(join(fifo, '..'), {recursive: true}),
        // A FIFO of that name that must not mislead the next keeper.
        () => {
          mkdirSync(join(fifo, '..'), {recursive: true});
          execFileSync('mkfifo', [fifo]);
        },
      ]) {
        const {pid} = await fleet.status('producer', 'ready');
        writers.push(pid!);
        await until('lines in it', () => written(fleet, pid!) > arrivedFrom(fleet, pid!) + 5, 30_000);
        expect(fleet.run('stop', 'producer').code).toBe(0);
        const {keeper} = fleet;
        process.kill(keeper, 'SIGSTOP');
        remove();
        process.kill(keeper, 'SIGKILL');
        await until('the next keeper', () => fleet.keeper !== keeper);
        await told(/^the names of the pipes feed .* their contents stay/);
        await until('nothing to mislead the next one', () => !existsSync(fifo));
        expect(fleet.run('start', 'producer').code).toBe(0);
      }
      release(fleet);
      expect(fleet.run('start', 'consumer').code).toBe(0);
      const writer = fleet.worker('producer').pid!;
      await flows(fleet, writer);
      await nothingIsLost(fleet, writer);
      expect([...arrived(fleet).keys()].sort()).toEqual([...writers, writer].map(String).sort());
    });
  },
);
