import {closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test, vi} from 'vitest';
import {openPlace, PipeStore} from '../../src/keeper/pipe-store.ts';
import {
  makeDescriptorQueue,
  messagesIn,
  MOST_IN_A_MESSAGE,
  sendDescriptors,
  type DescriptorQueue,
} from '../../src/posix/descriptor-queue.ts';
import {bytesInPipe, makeFifo} from '../../src/posix/fifo.ts';

const READ = constants.O_RDONLY | constants.O_NONBLOCK;
/** So many messages suffice for a few descriptors, however many came and went. */
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

/** A run of which only that keeper, and the store, hold the pipe. */
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

function take(path: string): {fd: number; words: string} {
  const fd = openSync(path, READ);
  const bytes = Buffer.alloc(64);
  return {fd, words: bytesInPipe(fd) === 0 ? '' : bytes.toString('latin1', 0, readSync(fd, bytes))};
}

test('a keeper that dies leaves what is in its pipes to the next one, however far that one had come', () => {
  const queue = queueOf();
  const folder = folderOf();
  const paths = Array.from({length: 300}, (_, at) => join(folder, String(at)));
  const first = keeperOf(queue);
  first.takenUp();
  // It dies: all that it had open is closed.
  for (const fd of paths.map(path => lastWords(path, path.slice(-9), first))) closeSync(fd);
  // Another one comes, opens some, and dies, too.
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
  expect(third.messages).toBe(Math.ceil(paths.length / MOST_IN_A_MESSAGE));
  expect(messagesIn(queue)).toBe(third.messages);
  for (const fd of opened) closeSync(fd);
  for (const path of paths) {
    const {fd, words} = take(path);
    closeSync(fd);
    expect(words).toBe(path.slice(-9));
  }
});

test('of runs that have ended nothing stays, however many there were', () => {
  const queue = queueOf();
  const folder = folderOf();
  const store = keeperOf(queue);
  store.takenUp();
  const lasting = lastWords(join(folder, 'lasting'), 'still there', store);
  let most = 0;
  for (let run = 0; run < 2000; run++) {
    const path = join(folder, 'run');
    const fd = lastWords(path, 'words', store);
    store.release(fd);
    closeSync(fd);
    rmSync(path);
    most = Math.max(most, store.messages);
  }
  expect(most).toBeLessThan(FEW);
  expect(messagesIn(queue)).toBe(store.messages);
  closeSync(lasting);
  const {fd, words} = take(join(folder, 'lasting'));
  closeSync(fd);
  expect(words).toBe('still there');
});

test('what comes one after the other is packed, before the queue is full', () => {
  const queue = queueOf();
  const store = keeperOf(queue);
  store.takenUp();
  const fds = Array.from({length: 1500}, () => openSync('/dev/null', 'r'));
  onTestFinished(() => fds.forEach(fd => closeSync(fd)));
  for (const fd of fds) {
    store.hold(fd);
    store.flush();
    expect(store.problem).toBe(null);
    expect(store.messages).toBeLessThan(FEW + Math.ceil(fds.length / MOST_IN_A_MESSAGE));
  }
});

test('a queue that earlier keepers have filled is used as soon as what they left is open here', () => {
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
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
  // Nothing of theirs was removed.
  expect(messagesIn(queue)).toBe(full);
  expect(said).toHaveBeenCalledTimes(1);
  expect(String(said.mock.calls[0]?.[0])).toMatch(/^brood keeper: not every pipe can be kept .* the cause: EAGAIN\n$/);
  store.takenUp();
  expect(store.problem).toBe(null);
  expect(messagesIn(queue)).toBe(1);
});

test('a queue that can not be had is a problem, and stops nothing', () => {
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  onTestFinished(() => said.mockRestore());
  const store = new PipeStore({queue: null, unavailable: 'socketpair: EMFILE'});
  store.hold(0);
  store.flush();
  store.takenUp();
  store.release(0);
  expect(store.problem).toBe('socketpair: EMFILE');
  expect(said).toHaveBeenCalledTimes(1);
});

test('what an anchor of an earlier version hands on is no queue: one of its own is made', () => {
  const fd = openSync('/dev/null', 'r');
  onTestFinished(() => closeSync(fd));
  const place = openPlace({send: fd, receive: fd});
  if (place.queue === null) throw new Error(place.unavailable);
  closeSync(place.queue.send);
  closeSync(place.queue.receive);
  expect(place.inherited).toBe(false);
});
