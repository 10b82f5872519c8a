/** Declared pipes: what was written and not read stays, whoever is lost or replaced, and nobody sees an end. */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {execFileSync} from 'node:child_process';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {freePort} from './ports.ts';
import {TestFleet, until} from './harness.ts';
import {installation, runOf} from './installation.ts';
import {isRoot, using, WrappedFleet} from './wrapped.ts';

/** Bytes of each line: whoever reads so many has a whole one, also beside other readers. */
const RECORD = 16;

/**
 * Writes numbered lines until the file `enough` is there; notes each number after its line, and how many they were. So
 * slowly that a pipe which nobody reads is not full before a busy machine has come to the next step of a test.
 */
const PRODUCER = `
const {existsSync, openSync, renameSync, writeFileSync, writeSync} = require('node:fs');
const fd = Number(process.env.BROOD_FD_FEED);
const note = openSync('wrote.' + process.pid, 'w');
const clock = new Int32Array(new SharedArrayBuffer(4));
let n = 0;
while (!existsSync('enough')) {
  n++;
  writeSync(fd, (process.pid + ' ' + n).padEnd(${RECORD - 1}) + '\\n');
  writeSync(note, String(n), 0);
  Atomics.wait(clock, 0, 0, 10);
}
writeFileSync('new.' + process.pid, String(n));
renameSync('new.' + process.pid, 'over.' + process.pid);
setInterval(() => {}, 1e6);
`;

/** Writes what it reads to `got.PID`; while the file `hold` is there it takes nothing, and says so by `held.PID`. */
const CONSUMER = `
const {existsSync, openSync, readSync, writeFileSync, writeSync} = require('node:fs');
const fd = Number(process.env.BROOD_FD_FEED);
const out = openSync('got', 'a');
const record = Buffer.alloc(${RECORD});
const clock = new Int32Array(new SharedArrayBuffer(4));
for (;;) {
  if (existsSync('hold')) {
    writeFileSync('held.' + process.pid, '');
    while (existsSync('hold')) Atomics.wait(clock, 0, 0, 5);
  }
  if (readSync(fd, record) !== record.length) break;
  writeSync(out, record);
}
writeFileSync('end', '');
setInterval(() => {}, 1e6);
`;

const files = {'producer.js': PRODUCER, 'consumer.js': CONSUMER};
const soon = {backoff: {initial: '10ms', max: '100ms'}, give_up: {restarts: 100_000, within: '1s'}};
const producer = {run: ['node', 'producer.js'], ...soon};
const consumer = {run: ['node', 'consumer.js'], ...soon};
const pipe = {feed: {pipe: {from: 'producer', to: 'consumer'}}};
const fleetOf = (parts: object = {}): object => ({fleet: 't', workers: {producer, consumer}, channels: pipe, ...parts});

const accounts = readFileSync('/etc/passwd', 'utf8');
const hasAccounts = ['nobody', 'daemon'].every(name => new RegExp(`^${name}:`, 'm').test(accounts));

const stateOf = (fleet: TestFleet): string => readlinkSync(`/proc/${fleet.keeper}/cwd`);
const fifoOf = (fleet: TestFleet): string => join(stateOf(fleet), 'channels', 'feed.fifo');

/** What has arrived, by the producer that wrote it: its numbers. */
function arrived(fleet: TestFleet): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const line of fleet.read('got').split('\n')) {
    const [pid, n] = line.trim().split(' ');
    if (!pid || !n) continue;
    found.set(pid, [...(found.get(pid) ?? []), Number(n)]);
  }
  return found;
}

const arrivedFrom = (fleet: TestFleet, pid: number): number => (arrived(fleet).get(String(pid)) ?? []).length;

/** Waits until more has come through from a producer. */
async function flows(fleet: TestFleet, pid: number): Promise<void> {
  const before = arrivedFrom(fleet, pid);
  await until(`lines of ${pid} to arrive`, () => arrivedFrom(fleet, pid) > before + 5, 30_000);
}

const written = (fleet: TestFleet, pid: number | string): number => Number(fleet.read(`wrote.${pid}`));

/** Ends the writing, and checks that every line has arrived once and in order, and that nobody saw an end. */
async function nothingIsLost(fleet: TestFleet, pid: number): Promise<void> {
  writeFileSync(fleet.path('enough'), '');
  await until('the last line', () => arrivedFrom(fleet, pid) === Number(fleet.read(`over.${pid}`)), 30_000);
  for (const [from, numbers] of arrived(fleet)) {
    expect(numbers).toEqual(Array.from(numbers, (_, at) => at + 1));
    // It may have been killed between a line and the note of it.
    expect(numbers.length).toBeGreaterThanOrEqual(written(fleet, from));
  }
  expect(existsSync(fleet.path('end'))).toBe(false);
}

/** Brings the consumer to where it has written all that it has taken, and takes no more. */
async function hold(fleet: TestFleet, pid: number): Promise<void> {
  writeFileSync(fleet.path('hold'), '');
  await until('the consumer to hold', () => existsSync(fleet.path(`held.${pid}`)), 30_000);
}
const release = (fleet: TestFleet): void => rmSync(fleet.path('hold'));

/** Kills a worker, and answers its successor's pid. */
async function kill(fleet: TestFleet, id: string): Promise<number> {
  const {pid} = fleet.worker(id);
  process.kill(pid!, 'SIGKILL');
  const {pid: next} = await fleet.successor(id, pid!);
  return next!;
}

async function loseController(fleet: TestFleet): Promise<void> {
  const {controller} = fleet;
  process.kill(controller, 'SIGKILL');
  await until('the next controller', () => fleet.controller !== controller);
}

async function loseKeeper(fleet: TestFleet): Promise<void> {
  const {keeper} = fleet;
  process.kill(keeper, 'SIGKILL');
  await until('the next keeper', () => fleet.keeper !== keeper);
}

test('every line arrives once and in order, whoever is killed or replaced', {timeout: 180_000}, async () => {
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
  'whoever is alone with it sees no end, and keeps what is in it, also when nothing of the supervisor is left',
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

test('what is in it stays when no worker has it and the keeper is lost or replaced', {timeout: 180_000}, async () => {
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
      // Either of them holds it.
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
});

test(
  'and when its name was removed before, which is told, as it is where the name can be put back',
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
      await told(/^the names of the pipes feed had been removed$/);
      expect(lstatSync(fifo).ino).toBe(ino);
      const reader = fleet.worker('consumer').pid!;
      const writers: number[] = [];
      await hold(fleet, reader);
      expect(fleet.run('stop', 'consumer').code).toBe(0);
      for (const remove of [
        () => rmSync(join(fifo, '..'), {recursive: true}),
        // By which the next keeper must not be misled.
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
        await told(/^the names of the pipes feed .* what is in them stays/);
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

test('all instances have it, after the sockets; each line goes to one of them', async () => {
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

test('apply and down: whose end it is no more, or now, is restarted; what is not declared is gone', async () => {
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

test('something else in its place is said, and tried again', async () => {
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
      expect(failed['message']).toBe(`channel feed: ${fifo} is there and is no FIFO: remove it (EEXIST)`);
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

test('more of them than there are descriptors: who would inherit them waits, the others go on', async () => {
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
      expect(reason).toMatch(/channel p[0-9]+: no descriptor is left for it \(EMFILE\)/);
    }
    const descriptors = (): number => readdirSync(`/proc/${keeper}/fd`).length;
    const before = descriptors();
    await until('many more tries', () => fleet.events('spawn-failed').length > 20, 30_000);
    // Looked at in the middle of a try, there are more for that moment.
    await until('no more descriptors than before', () => descriptors() < before + 8);
    fleet.write(of(5));
    expect(fleet.run('apply').code).toBe(0);
    await fleet.ready('producer', 'consumer');
    expect(fleet.worker('other').pid).toBe(pid);
    expect(fleet.keeper).toBe(keeper);
  });
});

test('a name that somebody removed is no loss: all have the same pipe, also after the keeper is lost', async () => {
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
  'workers of other users may open their descriptors again, by name (needs root, and the accounts nobody and daemon)',
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
