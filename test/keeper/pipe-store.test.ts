import {closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test, vi} from 'vitest';
import {until} from '../end-to-end/harness.ts';
import {openPlace, PipeStore} from '../../src/keeper/pipe-store/store.ts';
import {
  makeDescriptorQueue,
  messagesIn,
  MOST_IN_A_MESSAGE,
  sendDescriptors,
  type DescriptorQueue,
} from '../../src/posix/descriptor-queue.ts';
import {bytesInPipe, makeFifo} from '../../src/posix/fifo.ts';
import {writeError} from '../../src/posix/standard-error.ts';

vi.mock('../../src/posix/standard-error.ts', () => ({writeError: vi.fn()}));

const READ = constants.O_RDONLY | constants.O_NONBLOCK;
/** So many messages suffice for a few descriptors, however many were stored and released. */
const FEW = 70;

function queueOf(): DescriptorQueue {
  const queue = makeDescriptorQueue();
  onTestFinished(() => {
    closeSync(queue.send);
    closeSync(queue.receive);
  });
  return queue;
}

function folderOf(): string {
  const folder = mkdtempSync(join(tmpdir(), 'brood-store-'));
  onTestFinished(() => rmSync(folder, {recursive: true}));
  return folder;
}

const keeperOf = (queue: DescriptorQueue): PipeStore => new PipeStore(openPlace(queue));

/** Creates the pipe of a run, which only that keeper and the store hold, with unread output. */
function lastWords(path: string, words: string, store: PipeStore): number {
  makeFifo(path);
  const reader = openSync(path, READ);
  store.hold(reader);
  store.flush();
  const worker = openSync(path, constants.O_RDWR);
  writeSync(worker, words);
  closeSync(worker);
  return reader;
}

async function take(path: string): Promise<{fd: number; words: string}> {
  const fd = openSync(path, READ);
  const bytes = Buffer.alloc(64);
  const held = await new Promise<number>(done => bytesInPipe(fd, done));
  return {fd, words: held === 0 ? '' : bytes.toString('latin1', 0, readSync(fd, bytes))};
}

test('a keeper that dies leaves the contents of its pipes to the next one, at any stage of its predecessor', async () => {
  const queue = queueOf();
  const folder = folderOf();
  const paths = Array.from({length: 250}, (_, at) => join(folder, String(at)));
  // A keeper that has not adopted the stored pipes removes none, so it can be dead in this process.
  const first = keeperOf(queue);
  // Its death: all its descriptors are closed.
  for (const fd of paths.map(path => lastWords(path, path.slice(-9), first))) closeSync(fd);
  // Another one starts, opens some, and dies, too.
  const second = keeperOf(queue);
  for (const path of paths.slice(0, 100)) {
    const fd = openSync(path, READ);
    second.hold(fd);
    if (path.endsWith('7')) second.flush();
    closeSync(fd);
    second.release(fd);
  }
  const third = keeperOf(queue);
  const opened = paths.map(path => openSync(path, READ));
  for (const fd of opened) third.hold(fd);
  third.takenUp();
  const fewest = Math.ceil(paths.length / MOST_IN_A_MESSAGE);
  await until('what was there to go', () => third.messages === fewest);
  await until('the count to be true', () => messagesIn(queue) === fewest);
  for (const fd of opened) closeSync(fd);
  for (const path of paths) {
    const {fd, words} = await take(path);
    closeSync(fd);
    expect(words).toBe(path.slice(-9));
  }
});

test('pipes of ended runs do not remain, however many there were', async () => {
  const queue = queueOf();
  const folder = folderOf();
  const store = keeperOf(queue);
  store.takenUp();
  const lasting = lastWords(join(folder, 'lasting'), 'still there', store);
  for (let run = 0; run < 2000; run++) {
    const path = join(folder, 'run');
    const fd = lastWords(path, 'words', store);
    store.release(fd);
    closeSync(fd);
    rmSync(path);
    if (store.messages >= FEW) await until('the queue to be packed', () => store.messages < FEW);
  }
  await until('the count to be true', () => messagesIn(queue) === store.messages);
  closeSync(lasting);
  const {fd, words} = await take(join(folder, 'lasting'));
  closeSync(fd);
  expect(words).toBe('still there');
});

test('released pipes can be purged, also while old messages are being removed', async () => {
  const queue = queueOf();
  const store = keeperOf(queue);
  const fds = [openSync('/dev/null', 'r'), openSync('/dev/null', 'r')] as const;
  onTestFinished(() => fds.forEach(fd => closeSync(fd)));
  for (const fd of fds) {
    store.hold(fd);
    store.flush();
  }
  store.takenUp();
  for (const fd of fds) {
    store.release(fd);
    store.purge();
  }
  await until('nothing to be in the queue', () => messagesIn(queue) === 0);
  expect(store.messages).toBe(0);
});

test('successive messages are packed before the queue is full', async () => {
  const queue = queueOf();
  const store = keeperOf(queue);
  store.takenUp();
  const fds = Array.from({length: 1500}, () => openSync('/dev/null', 'r'));
  onTestFinished(() => fds.forEach(fd => closeSync(fd)));
  for (const fd of fds) {
    store.hold(fd);
    store.flush();
    expect(store.problem).toBe(null);
    const most = FEW + Math.ceil(fds.length / MOST_IN_A_MESSAGE);
    if (store.messages >= most) await until('the queue to be packed', () => store.messages < most);
  }
});

test('a queue that earlier keepers have filled can be used as soon as their pipes are open here', async () => {
  const said = vi.mocked(writeError).mockReset();
  onTestFinished(() => said.mockRestore());
  const queue = queueOf();
  const fds = [openSync('/dev/null', 'r'), openSync('/dev/null', 'r')];
  onTestFinished(() => fds.forEach(fd => closeSync(fd)));
  while (sendDescriptors(queue, fds) === null);
  const full = messagesIn(queue);
  const store = keeperOf(queue);
  for (const fd of fds) store.hold(fd);
  store.flush();
  expect(store.problem).toBe('EAGAIN');
  // Their messages were not removed.
  expect(messagesIn(queue)).toBe(full);
  expect(said).toHaveBeenCalledTimes(1);
  expect(String(said.mock.calls[0]?.[0])).toMatch(/^brood keeper: not every pipe can be stored .* cause: EAGAIN\n$/);
  store.takenUp();
  await until('what was there to go', () => messagesIn(queue) === 1);
  expect(store.problem).toBe(null);
});

test('an unavailable queue is a problem, and blocks nothing', () => {
  const said = vi.mocked(writeError).mockReset();
  onTestFinished(() => said.mockRestore());
  const store = new PipeStore({queue: null, unavailable: 'socketpair: EMFILE'});
  store.hold(0);
  store.flush();
  store.takenUp();
  store.release(0);
  expect(store.problem).toBe('socketpair: EMFILE');
  expect(said).toHaveBeenCalledTimes(1);
});

test("descriptors of an earlier version's anchor are no queue: a new one is made", () => {
  const fd = openSync('/dev/null', 'r');
  onTestFinished(() => closeSync(fd));
  const place = openPlace({send: fd, receive: fd});
  if (place.queue === null) throw new Error(place.unavailable);
  closeSync(place.queue.send);
  closeSync(place.queue.receive);
  expect(place.inherited).toBe(false);
});
