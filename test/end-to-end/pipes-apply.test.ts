/** Declared pipes: several instances, changed fleet files, paths that are taken, shortage of descriptors, users. */
import {chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {freePort} from './ports.ts';
import {TestFleet, until} from './harness.ts';
import {isRoot, using, WrappedFleet} from './wrapped.ts';
import {
  files,
  soon,
  producer,
  consumer,
  pipe,
  fleetOf,
  fifoOf,
  arrived,
  arrivedFrom,
  flows,
  nothingIsLost,
  kill,
  loseKeeper,
} from './piping.ts';

const accounts = readFileSync('/etc/passwd', 'utf8');
const hasAccounts = ['nobody', 'daemon'].every(name => new RegExp(`^${name}:`, 'm').test(accounts));

test('all instances inherit a pipe, after the sockets; each line goes to one of them', async () => {
  const port = await freePort();
  const given = `
    echo "$LISTEN_FDS $LISTEN_FDNAMES $BROOD_FD_HTTP $BROOD_FD_FEED $BROOD_FD_BACK" > new
    readlink /proc/$$/fd/3 /proc/$$/fd/4 /proc/$$/fd/5 > links
    sed 's/:.*//; s|.*/||' links >> new
    mv new given
  `;
  const workers = {
    producer: {...producer, instances: 2},
    consumer: {...consumer, instances: 2},
    both: {sh: `${given} exec sleep 1000`, channels: ['http', 'back']},
  };
  const channels = {
    back: {pipe: {from: 'consumer', to: 'both'}},
    ...pipe,
    http: {socket: port},
  };
  await using(new TestFleet(fleetOf({workers, channels}), files), async fleet => {
    fleet.up('--wait');
    await until('what it was given', () => fleet.read('given') !== '');
    expect(fleet.read('given')).toBe('1 http 3  4\nsocket\nback.fifo\n');
    const writers = ['producer/1', 'producer/2'].map(id => fleet.worker(id).pid!);
    for (const writer of writers) await flows(fleet, writer);
    writeFileSync(fleet.path('enough'), '');
    const isComplete = (writer: number): boolean => arrivedFrom(fleet, writer) === Number(fleet.read(`over.${writer}`));
    await until('all lines', () => writers.every(isComplete), 30_000);
    for (const numbers of arrived(fleet).values()) {
      expect([...numbers].sort((a, b) => a - b)).toEqual(Array.from(numbers, (_, at) => at + 1));
    }
  });
});

test('apply restarts workers that lose or gain an end of a pipe; apply removes pipes that are no longer declared, down all', async () => {
  const say = {sh: 'echo "fd $BROOD_FD_FEED"; exec sleep 1000'};
  const workers = {producer: say, consumer: say, other: say};
  const of = (channels: object): object => ({fleet: 't', workers, channels});
  await using(new TestFleet(of(pipe)), async fleet => {
    fleet.up('--wait');
    const pids = (): unknown[] => fleet.ps().workers.map(({pid}) => pid);
    const [from, to, other] = pids();
    fleet.write(of({feed: {pipe: {from: 'producer', to: 'other'}}}));
    expect(fleet.run('apply').code).toBe(0);
    const now = pids();
    expect(now[0]).toBe(from);
    expect([to, other]).not.toContain(now[1]);
    expect([to, other]).not.toContain(now[2]);
    const said = (name: string): string => fleet.run('logs', name, '--raw').out;
    await until('what they were given', () => said('other').split('\n').length === 3);
    expect(said('producer')).toBe('fd 3\n');
    expect(said('consumer')).toBe('fd 3\nfd \n');
    expect(said('other')).toBe('fd \nfd 3\n');
    const fifo = fifoOf(fleet);
    expect(lstatSync(fifo).isFIFO()).toBe(true);
    fleet.write(of({}));
    expect(fleet.run('apply').code).toBe(0);
    await until('the pipe to be removed', () => !existsSync(fifo));
    fleet.write(of(pipe));
    expect(fleet.run('apply').code).toBe(0);
    expect(lstatSync(fifo).isFIFO()).toBe(true);
    expect(fleet.run('down').code).toBe(0);
    await until('nothing to be left of it', () => !existsSync(join(fifo, '..')));
  });
});

test('another file in the place of the FIFO is reported, and the start is retried', async () => {
  const sleeper = {run: ['sleep', '1000'], ...soon};
  const workers = {producer: sleeper, consumer: sleeper};
  await using(new TestFleet(fleetOf({workers, channels: {}})), async fleet => {
    fleet.up('--wait');
    const {keeper} = fleet;
    const fifo = fifoOf(fleet);
    for (const [make, isDirectory] of [
      [() => writeFileSync(fifo, 'mine'), false],
      [() => mkdirSync(fifo), true],
    ] as const) {
      mkdirSync(join(fifo, '..'), {recursive: true});
      make();
      fleet.write(fleetOf({workers}));
      const applied = fleet.runAsync('apply');
      const failed = await until('the failure', () => fleet.events('spawn-failed').at(-1));
      expect(failed['message']).toBe(`channel feed: ${fifo} exists and is not a FIFO: remove it (EEXIST)`);
      expect(lstatSync(fifo).isDirectory()).toBe(isDirectory);
      rmSync(fifo, {recursive: true});
      await fleet.status('producer', 'ready', 60_000);
      await fleet.status('consumer', 'ready', 60_000);
      await applied;
      fleet.write(fleetOf({workers, channels: {}}));
      expect(fleet.run('apply').code).toBe(0);
    }
    expect(fleet.keeper).toBe(keeper);
  });
});

test('when there are more pipes than descriptors, the workers that would inherit them wait, and the others go on', async () => {
  const sleeper = {run: ['sleep', '1000'], ...soon};
  const workers = {producer: sleeper, consumer: sleeper, other: sleeper};
  const of = (count: number): object => {
    const pipes = Array.from({length: count}, (_, at) => [`p${at}`, pipe.feed]);
    return {fleet: 't', workers, channels: Object.fromEntries(pipes) as object};
  };
  await using(new WrappedFleet(['prlimit', '--nofile=84:84', '--'], of(70)), async fleet => {
    fleet.up();
    const {pid} = await fleet.status('other', 'ready');
    const {keeper} = fleet;
    for (const id of ['producer', 'consumer']) {
      const {reason} = await fleet.status(id, 'backoff');
      expect(reason).toMatch(/channel p[0-9]+: no free descriptor for it \(EMFILE\)/);
    }
    const descriptors = (): number => readdirSync(`/proc/${keeper}/fd`).length;
    const before = descriptors();
    await until('many more tries', () => fleet.events('spawn-failed').length > 20, 30_000);
    // During a try there are more descriptors for a moment.
    await until('no more descriptors than before', () => descriptors() < before + 8);
    fleet.write(of(5));
    expect(fleet.run('apply').code).toBe(0);
    await fleet.ready('producer', 'consumer');
    expect(fleet.worker('other').pid).toBe(pid);
    expect(fleet.keeper).toBe(keeper);
  });
});

test('removal of the name of a FIFO loses nothing: all workers have the same pipe, also after the keeper is lost', async () => {
  await using(new TestFleet(fleetOf(), files), async fleet => {
    fleet.up('--wait');
    const fifo = fifoOf(fleet);
    const reader = fleet.worker('consumer').pid!;
    rmSync(fifo);
    let writer = await kill(fleet, 'producer');
    await flows(fleet, writer);
    await loseKeeper(fleet);
    writer = await kill(fleet, 'producer');
    await flows(fleet, writer);
    expect(existsSync(fifo)).toBe(false);
    expect(fleet.worker('consumer').pid).toBe(reader);
    await nothingIsLost(fleet, writer);
  });
});

test.skipIf(!isRoot || !hasAccounts)(
  'workers of other users may reopen their descriptors by name (needs root, and the accounts nobody and daemon)',
  async () => {
    const workers = {
      producer: {sh: 'while echo line > /dev/fd/3; do sleep 0.1; done', user: 'nobody'},
      consumer: {sh: 'exec cat /dev/fd/3', user: 'daemon'},
    };
    await using(new TestFleet(fleetOf({workers})), async fleet => {
      chmodSync(fleet.folder, 0o711);
      fleet.up('--wait');
      await until('a line', () => fleet.run('logs', 'consumer', '--raw').out.startsWith('line\n'));
      expect(lstatSync(join(fifoOf(fleet), '..')).mode & 0o777).toBe(0o700);
    });
  },
);
