import {
  closeSync,
  constants,
  fstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {EarlierPipes} from '../../src/keeper/pipe-store/earlier.ts';
import {makeDescriptorQueue, messagesIn, sendDescriptors} from '../../src/posix/descriptor-queue.ts';
import {makeFifo} from '../../src/posix/fifo.ts';
import {letGo} from '../../src/posix/let-go.ts';
import {until} from '../end-to-end/harness.ts';

const READ = constants.O_RDONLY | constants.O_NONBLOCK;
const BOTH = constants.O_RDWR | constants.O_NONBLOCK;
const openCount = (): number => readdirSync('/proc/self/fd').length;

test('pipes that an earlier keeper has stored are found by their paths, each once, and stay in the queue', () => {
  const folder = mkdtempSync(join(tmpdir(), 'brood-earlier-'));
  const queue = makeDescriptorQueue();
  const opened: number[] = [queue.send, queue.receive];
  onTestFinished(() => {
    for (const fd of opened) closeSync(fd);
    rmSync(folder, {recursive: true});
  });
  const paths = Array.from({length: 300}, (_, at) => join(folder, String(at)));
  for (const [at, path] of paths.entries()) {
    makeFifo(path);
    const fd = openSync(path, at === 299 ? BOTH : READ);
    // Twice, as after a keeper that died before packing; some in messages of their own.
    expect(sendDescriptors(queue, at % 2 ? [fd] : [fd, fd])).toBe(null);
    closeSync(fd);
    if (messagesIn(queue) > 200) break;
  }
  const [first = '', second = '', gone = ''] = paths;
  rmSync(gone);
  const before = openCount();
  const messages = messagesIn(queue);
  for (let round = 0; round < 2; round++) {
    const earlier = new EarlierPipes(queue);
    const fd = earlier.takeDescriptor(first, constants.O_RDONLY);
    expect(fd).not.toBe(null);
    if (fd === null) return;
    expect(fstatSync(fd).ino).toBe(statSync(first).ino);
    expect(earlier.takeDescriptor(first, constants.O_RDONLY)).toBe(null);
    expect(earlier.takeDescriptor(second, constants.O_RDWR)).toBe(null);
    expect(earlier.takeDescriptor(gone, constants.O_RDONLY)).toBe(null);
    expect(earlier.takeDescriptor(join(folder, 'none'), constants.O_RDONLY)).toBe(null);
    earlier.close();
    closeSync(fd);
    expect([openCount(), messagesIn(queue)]).toEqual([before, messages]);
  }
  expect(new EarlierPipes(null).takeDescriptor(first, constants.O_RDONLY)).toBe(null);
});

test('a pipe whose path was removed is found by its former path: of several, the newest', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'brood-earlier-')));
  const queue = makeDescriptorQueue();
  onTestFinished(() => {
    for (const fd of [queue.send, queue.receive]) closeSync(fd);
    rmSync(folder, {recursive: true});
  });
  const path = join(folder, 'feed');
  const inodes = [BOTH, BOTH, READ].map(flags => {
    makeFifo(path);
    const fd = openSync(path, flags);
    expect(sendDescriptors(queue, [fd])).toBe(null);
    const {ino} = fstatSync(fd);
    rmSync(path);
    closeSync(fd);
    return ino;
  });
  const before = openCount();
  const earlier = new EarlierPipes(queue);
  expect(earlier.unnamed).toEqual([path]);
  const fd = earlier.takeUnnamed(path);
  expect(fd === null ? null : fstatSync(fd).ino).toBe(inodes[1]);
  expect(earlier.takeUnnamed(path)).toBe(null);
  earlier.close();
  if (fd !== null) closeSync(fd);
  expect(openCount()).toBe(before);
});

test('released pipes are closed, including their last reader', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'brood-let-go-'));
  onTestFinished(() => rmSync(folder, {recursive: true}));
  const path = join(folder, 'fifo');
  makeFifo(path);
  const fds = [openSync(path, READ), openSync(path, READ)];
  const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  onTestFinished(() => closeSync(writer));
  letGo(fds);
  await until('nobody to read it', () => {
    try {
      writeSync(writer, 'x');
      return false;
    } catch (error) {
      return error instanceof Error && 'code' in error && error.code === 'EPIPE';
    }
  });
});
