import {spawnSync} from 'node:child_process';
import {closeSync, constants, mkdtempSync, openSync, readlinkSync, readSync, rmSync, writeSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {
  dropDescriptors,
  isDescriptorQueue,
  makeDescriptorQueue,
  messagesIn,
  MOST_IN_A_MESSAGE,
  sendDescriptors,
  type DescriptorQueue,
} from '../../src/posix/descriptor-queue.ts';
import {bytesInPipe, makeFifo} from '../../src/posix/fifo.ts';
import {socketPair} from '../../src/posix/socketpair.ts';

function queueOf(): DescriptorQueue {
  const queue = makeDescriptorQueue();
  onTestFinished(() => {
    closeSync(queue.send);
    closeSync(queue.receive);
  });
  return queue;
}

function fifoOf(): string {
  const folder = mkdtempSync(join(tmpdir(), 'brood-queue-'));
  onTestFinished(() => rmSync(folder, {recursive: true}));
  const path = join(folder, 'fifo');
  makeFifo(path);
  return path;
}

const drop = (queue: DescriptorQueue): Promise<boolean> => new Promise(done => dropDescriptors(queue, done));

const READ = constants.O_RDONLY | constants.O_NONBLOCK;

/** Returns what a new reader of the FIFO finds. */
async function found(path: string): Promise<string> {
  const fd = openSync(path, READ);
  try {
    const bytes = Buffer.alloc(64);
    const held = await new Promise<number>(done => bytesInPipe(fd, done));
    return held === 0 ? '' : bytes.toString('latin1', 0, readSync(fd, bytes));
  } finally {
    closeSync(fd);
  }
}

test('the contents of a pipe remain while its descriptor is in the queue, and no longer', async () => {
  const queue = queueOf();
  const path = fifoOf();
  const write = (): void => {
    const fd = openSync(path, constants.O_RDWR);
    writeSync(fd, 'last words');
    closeSync(fd);
  };
  for (const keep of [true, false]) {
    const reader = openSync(path, READ);
    if (keep) expect(sendDescriptors(queue, [reader])).toBe(null);
    write();
    closeSync(reader);
    expect(await found(path)).toBe(keep ? 'last words' : '');
    expect(await drop(queue)).toBe(keep);
  }
});

test('messages are counted; a full queue rejects one without blocking, and accepts one again after a removal', async () => {
  const queue = queueOf();
  const fd = openSync('/dev/null', 'r');
  onTestFinished(() => closeSync(fd));
  const many = Array.from({length: MOST_IN_A_MESSAGE}, () => fd);
  let sent = 0;
  let refused: string | null = null;
  while (refused === null && sent < 100_000) if ((refused = sendDescriptors(queue, many)) === null) sent++;
  // Without CAP_SYS_RESOURCE, the limit of descriptors in flight may be reached first.
  expect(['EAGAIN', 'ETOOMANYREFS']).toContain(refused);
  expect(sent).toBeGreaterThan(10);
  expect(messagesIn(queue)).toBe(sent);
  for (let left = 3; left > 0; left--) expect(await drop(queue)).toBe(true);
  expect(sendDescriptors(queue, many)).toBe(null);
  expect(messagesIn(queue)).toBe(sent - 2);
  while (await drop(queue));
  expect(messagesIn(queue)).toBe(0);
});

test('a closed descriptor is rejected, and nothing of that message is sent', () => {
  const queue = queueOf();
  expect(sendDescriptors(queue, [0, 1_000_000])).toBe('EBADF');
  expect(messagesIn(queue)).toBe(0);
});

test('other descriptors are distinguished from a queue', () => {
  const queue = queueOf();
  const [one, other] = socketPair();
  onTestFinished(() => [one, other].forEach(fd => closeSync(fd)));
  expect(isDescriptorQueue(queue)).toBe(true);
  expect(isDescriptorQueue({send: one, receive: other})).toBe(false);
  expect(isDescriptorQueue({send: queue.send, receive: 1_000_000})).toBe(false);
});

test('a queue is close-on-exec', () => {
  const {send, receive} = queueOf();
  const shown = spawnSync('/bin/ls', ['-l', '/proc/self/fd'], {encoding: 'utf8'}).stdout;
  expect(shown).toContain(' -> ');
  for (const fd of [send, receive]) expect(shown).not.toContain(readlinkSync(`/proc/self/fd/${fd}`));
});
