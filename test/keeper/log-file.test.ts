/** A log file that is truncated or removed between two steps of its writer. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import type {LogFile} from '../../src/keeper/logs/file.ts';
import {LogFiles} from '../../src/keeper/logs/files.ts';
import {until} from '../end-to-end/harness.ts';

class Place {
  readonly folder = mkdtempSync(join(tmpdir(), 'brood-log-'));
  readonly path = join(this.folder, 'logs', 'web.1', 'out.log');
  readonly told: string[] = [];
  readonly logs = new LogFiles();
  readonly log: LogFile;

  constructor(maxSize = 1 << 30) {
    const listener = {
      wrote: () => undefined,
      rotated: () => undefined,
      held: () => undefined,
      repaired: (_stream: string, message: string) => void this.told.push(message.slice(this.path.length + 2)),
    };
    this.log = this.logs.of(join(this.path, '..'), maxSize, listener).out;
    onTestFinished(() => rmSync(this.folder, {recursive: true, force: true}));
  }

  /** Writes in the steps of a mover; `between` runs after the check of the file, and before the write. */
  async write(bytes: string | Buffer, between: () => void = () => undefined): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.log.open(fd => {
        if (fd === null) {
          reject(new Error('it was not opened'));
          return;
        }
        between();
        this.log.wrote(writeSync(fd, Buffer.from(bytes)), resolve);
      });
    });
  }

  get text(): string {
    return readFileSync(this.path, 'latin1');
  }

  settle(): Promise<void> {
    return new Promise(resolve => this.logs.settle(resolve));
  }

  /** Returns the offsets in the time index. */
  async index(): Promise<number[]> {
    await this.settle();
    const lines = readFileSync(this.path.replace('.log', '.idx'), 'latin1').split('\n').filter(Boolean);
    return lines.map(line => Number(line.split(' ')[0]));
  }
}

const cutNote = 'it was truncated during a write; writing continues without a gap';

test.each([
  ['a line', 'before\n'],
  ['much', Buffer.alloc(1_000_000, 'before\n')],
  ['zeros at its end', Buffer.concat([Buffer.from('before'), Buffer.alloc(50)])],
])(
  'a file truncated during a write gets no zeros before the new bytes, and a report; before: %s',
  async (_what, before) => {
    const place = new Place();
    await place.write(before);
    chmodSync(place.path, 0o640);
    const after = Buffer.alloc(100_000, 'after\n');
    await place.write(after, () => truncateSync(place.path, 0));
    expect(place.text === after.toString('latin1')).toBe(true);
    expect(place.told).toEqual([cutNote]);
    expect(await place.index()).toEqual([0]);
    expect(statSync(place.path).mode & 0o777).toBe(0o640);
    await place.write('more\n');
    await place.write('and more\n', () => truncateSync(place.path, 7));
    expect(place.text).toBe('after\naand more\n');
    // The times are known for the rest of the file and for the new bytes.
    expect((await place.index()).every(offset => offset <= 7)).toBe(true);
    expect(readdirSync(join(place.path, '..')).sort()).toEqual(['out.idx', 'out.log']);
  },
);

test('written zeros are no gap', async () => {
  const place = new Place();
  for (const bytes of ['a', Buffer.alloc(100_000), Buffer.alloc(10), 'b', Buffer.alloc(3)]) await place.write(bytes);
  expect(place.text.length).toBe(100_015);
  expect(place.told).toEqual([]);
});

test('the file that results from a truncation is guarded against the next one, too', async () => {
  const place = new Place();
  await place.write('before\n');
  for (const text of ['one\n', 'two\n', 'three\n']) await place.write(text, () => truncateSync(place.path, 0));
  expect(place.text).toBe('three\n');
});

test('a file moved away during the repair is not replaced', async () => {
  const place = new Place();
  await place.write('before\n');
  await place.write('after\n', () => {
    truncateSync(place.path, 0);
    renameSync(place.path, `${place.path}.old`);
  });
  expect(existsSync(place.path)).toBe(false);
  expect(readFileSync(`${place.path}.old`, 'latin1')).toBe('\0\0\0\0\0\0\0after\n');
});

test('the log of a silent worker that is removed or moved away is recreated by a sweep', async () => {
  const place = new Place();
  await place.write('before\n');
  place.logs.sweep();
  await place.settle();
  expect(place.told).toEqual([]);
  for (const lose of [
    () => rmSync(place.path),
    () => renameSync(place.path, `${place.path}.1`),
    () => rmSync(join(place.folder, 'logs'), {recursive: true}),
  ]) {
    lose();
    place.logs.sweep();
    await until('the file', () => existsSync(place.path));
    await place.settle();
  }
  expect(place.told.map(message => message.split(',')[0])).toEqual([
    'it was removed',
    'it was moved or replaced',
    'it was removed',
  ]);
  await place.write('after\n');
  expect(place.text).toBe('after\n');
  expect(await place.index()).toEqual([0]);
});

test("the fleet's folder itself is not recreated by the log", async () => {
  const place = new Place();
  await place.write('before\n');
  rmSync(place.folder, {recursive: true});
  place.logs.sweep();
  await place.settle();
  expect(existsSync(place.folder)).toBe(false);
  expect(place.told).toEqual([]);
  mkdirSync(place.folder);
  place.logs.sweep();
  await until('the file', () => existsSync(place.path));
});
