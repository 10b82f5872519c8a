import {appendFileSync, readdirSync, rmSync, truncateSync, utimesSync, writeFileSync, readFileSync} from 'node:fs';
import fc from 'fast-check';
import {expect, test} from 'vitest';
import {currentIndex, currentLog, rotatedIndex, rotatedLog} from '../../src/logs/layout.ts';
import {loggedInstances, openStreams, readLines, readRaw, type LogLine, type ReadOptions} from '../../src/logs/read.ts';
import {scratch} from '../control/helpers.ts';
import {Joiner, linesOf, Writer} from './model.ts';

const T0 = Date.parse('2024-05-01T12:00:00Z');

async function read(folder: string, options: Partial<ReadOptions> = {}, during?: () => void): Promise<LogLine[]> {
  const streams = openStreams(folder, loggedInstances(folder));
  during?.();
  const lines: LogLine[] = [];
  await readLines(streams, {last: null, since: null, ...options}, line => void lines.push(line));
  for (const {row} of streams) row.close();
  return lines;
}

async function raw(folder: string): Promise<Buffer> {
  const [open] = openStreams(folder, loggedInstances(folder));
  const chunks: Buffer[] = [];
  for await (const chunk of readRaw(open!.row)) chunks.push(chunk);
  for (const {row} of openStreams(folder, loggedInstances(folder))) row.close();
  open!.row.close();
  return Buffer.concat(chunks);
}

const joined = (lines: readonly LogLine[]): string[] => {
  const joiner = new Joiner();
  for (const {line, partial} of lines) joiner.take(line, partial);
  return joiner.lines;
};

type Step = {kind: 'write'; bytes: Buffer} | {kind: 'rotate'; gz: boolean} | {kind: 'torn'};
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .array(fc.oneof(fc.constant('\n'), fc.string({unit: 'binary', maxLength: 12}), fc.constant('x'.repeat(70_000))), {
        maxLength: 6,
      })
      .map(parts => ({kind: 'write' as const, bytes: Buffer.from(parts.join(''))})),
  },
  {
    weight: 1,
    arbitrary: fc.uint8Array({maxLength: 40}).map(bytes => ({kind: 'write' as const, bytes: Buffer.from(bytes)})),
  },
  {weight: 2, arbitrary: fc.boolean().map(gz => ({kind: 'rotate' as const, gz}))},
  {weight: 1, arbitrary: fc.constant({kind: 'torn' as const})},
);

/** Writes a stream from steps, one second apart. */
function build(folder: string, steps: readonly Step[]): Writer {
  const writer = new Writer(folder, 'web/1', 'out');
  for (const [i, one] of steps.entries()) {
    if (one.kind === 'write') writer.write(one.bytes, T0 + i * 1000);
    else if (one.kind === 'torn') appendFileSync(currentIndex(writer.folder, 'out'), '12');
    else {
      const sequence = writer.rotate();
      if (one.gz) writer.compress(sequence);
    }
  }
  return writer;
}

test('output written, rotated and compressed in any way is read completely, raw, and by its last N lines', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, {maxLength: 14}), fc.nat(12), async (steps, last) => {
      const folder = scratch();
      const {written} = build(folder, steps);
      expect((await raw(folder)).equals(written)).toBe(true);
      const lines = joined(await read(folder));
      // A replacement character may cover bytes on both sides of a cut, so text that is not UTF-8 is compared by line
      // count.
      const expected = linesOf(written);
      if (written.equals(Buffer.from(written.toString()))) expect(lines).toEqual(expected);
      else expect(lines).toHaveLength(expected.length);
      expect(joined(await read(folder, {last}))).toEqual(last === 0 ? [] : lines.slice(-last));
    }),
    {numRuns: 150},
  );
});

test('output since a time begins with the first line that was started then', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.tuple(
          fc.array(fc.stringMatching(/^[a-z]{0,8}$/), {minLength: 1, maxLength: 4}),
          fc.constantFrom('no', 'plain', 'gz'),
        ),
        {
          minLength: 1,
          maxLength: 10,
        },
      ),
      fc.nat(11),
      async (writes, from) => {
        const folder = scratch();
        const writer = new Writer(folder, 'web/1', 'out');
        const expected: string[] = [];
        for (const [i, [lines, rotate]] of writes.entries()) {
          writer.write(lines.map(line => line + '\n').join(''), T0 + i * 1000);
          if (i >= from) expected.push(...lines);
          if (rotate !== 'no') {
            const sequence = writer.rotate();
            if (rotate === 'gz') writer.compress(sequence);
          }
        }
        const since = T0 + from * 1000;
        expect((await read(folder, {since})).map(({line}) => line)).toEqual(expected);
        expect((await read(folder, {since, last: 3})).map(({line}) => line)).toEqual(expected.slice(-3));
      },
    ),
    {numRuns: 100},
  );
});

test('lines of several instances and streams are merged by time, each stream in its own order', async () => {
  const folder = scratch();
  const a = new Writer(folder, 'a/1', 'out');
  const e = new Writer(folder, 'a/1', 'err');
  const b = new Writer(folder, 'b/2', 'out');
  a.write('a1\na2\n', T0);
  b.write('b1\n', T0 + 1000);
  e.write('e1\n', T0 + 2000);
  a.rotate();
  a.write('a3\n', T0 + 3000);
  // The clock was set back: the order within the stream is kept.
  b.write('b2\n', T0 - 5000);
  b.write('b3\n', T0 + 4000);
  const lines = await read(folder);
  expect(lines.map(({line}) => line)).toEqual(['a1', 'a2', 'b1', 'b2', 'e1', 'a3', 'b3']);
  expect(lines[4]).toEqual({at: T0 + 2000, worker: 'a', instance: 1, stream: 'err', line: 'e1', partial: false});
  expect((await read(folder, {last: 2})).map(({line}) => line)).toEqual(['a3', 'b3']);
});

test('a line over 64 KiB is returned in consecutive parts, cut between characters', async () => {
  const folder = scratch();
  const text = 'é'.repeat(100_000);
  new Writer(folder, 'a/1', 'out').write(`x${text}\nend\n`, T0);
  new Writer(folder, 'b/1', 'out').write('other\n', T0);
  const lines = await read(folder);
  expect(lines.map(({partial}) => partial)).toEqual([true, true, true, false, false, false]);
  expect(
    lines
      .slice(0, 4)
      .map(({line}) => line)
      .join(''),
  ).toBe(`x${text}`);
  expect(joined(await read(folder, {last: 3}))).toEqual([`x${text}`, 'end', 'other']);
});

test('invalid UTF-8 is shown with replacement characters, and exactly in raw mode', async () => {
  const folder = scratch();
  const bytes = Buffer.from([0x61, 0xff, 0xc3, 0x0a, 0x00, 0x80, 0x0a]);
  new Writer(folder, 'a/1', 'out').write(bytes, T0);
  expect((await read(folder)).map(({line}) => line)).toEqual(['a\ufffd\ufffd', '\0\ufffd']);
  expect(await raw(folder)).toEqual(bytes);
});

test('without an index, or with one that is empty, torn or garbage, times are those of the file', async () => {
  for (const content of [null, '', 'garbage', 'x\ny\n', '7', 'a b\n12\n', '5 999\n']) {
    const folder = scratch();
    const writer = new Writer(folder, 'a/1', 'out');
    writer.write('one\n');
    if (content === null) rmSync(currentIndex(writer.folder, 'out'));
    else writeFileSync(currentIndex(writer.folder, 'out'), content);
    utimesSync(currentLog(writer.folder, 'out'), T0 / 1000, T0 / 1000);
    expect(await read(folder)).toMatchObject([{line: 'one', at: T0}]);
    expect(await read(folder, {since: T0})).toHaveLength(1);
    expect(await read(folder, {since: T0 + 1})).toHaveLength(0);
  }
});

test('two index lines joined by a crash change no other time', async () => {
  const folder = scratch();
  const writer = new Writer(folder, 'a/1', 'out');
  writer.write('one\n', T0);
  appendFileSync(currentIndex(writer.folder, 'out'), '4');
  writer.write('two\n', T0 + 1000);
  writer.write('three\n', T0 + 2000);
  expect((await read(folder)).map(({at}) => at)).toEqual([T0, T0, T0 + 2000]);
});

test('an index of many blocks is searched by bisection', async () => {
  const folder = scratch();
  const writer = new Writer(folder, 'a/1', 'out');
  const count = 20_000;
  let log = '';
  let index = '';
  for (let i = 0; i < count; i++) {
    index += `${log.length} ${T0 + i * 10}\n`;
    log += `line ${i}\n`;
  }
  writeFileSync(currentLog(writer.folder, 'out'), log);
  writeFileSync(currentIndex(writer.folder, 'out'), index);
  for (const i of [0, 1, 700, 9_999, 15_000, count - 1]) {
    const [first] = await read(folder, {since: T0 + i * 10});
    expect(first).toMatchObject({line: `line ${i}`, at: T0 + i * 10});
    const [tail] = await read(folder, {last: count - i});
    expect(tail).toMatchObject({line: `line ${i}`, at: T0 + i * 10});
  }
});

test('a file rotated and compressed between open and read is read completely, and only once', async () => {
  const folder = scratch();
  const writer = new Writer(folder, 'a/1', 'out');
  writer.write('one\n', T0);
  writer.rotate();
  writer.write('two\n', T0 + 1000);
  const lines = await read(folder, {}, () => {
    const second = writer.rotate();
    writer.compress(1);
    writer.compress(second);
    writer.write('later\n', T0 + 2000);
  });
  expect(lines.map(({line, at}) => [line, at])).toEqual([
    ['one', T0],
    ['two', T0 + 1000],
  ]);
});

test('removed or damaged rotated files are skipped', async () => {
  const folder = scratch();
  const writer = new Writer(folder, 'a/1', 'out');
  for (const text of ['one\n', 'two\n', 'three\n']) {
    writer.write(text, T0);
    writer.rotate();
  }
  writer.write('four\n', T0);
  writer.compress(2);
  truncateSync(`${rotatedLog(writer.folder, 'out', 2)}.gz`, 5);
  rmSync(rotatedIndex(writer.folder, 'out', 3));
  const lines = await read(folder, {}, () => rmSync(rotatedLog(writer.folder, 'out', 1)));
  expect(lines.map(({line}) => line)).toEqual(['three', 'four']);
  expect((await read(folder, {last: 1})).map(({line}) => line)).toEqual(['four']);
});

/** What this process has read so far (proc_pid_io(5)). */
const bytesRead = (): number => Number(/^rchar: (\d+)/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);

test('the last lines of a large file are found without reading it all', async () => {
  const folder = scratch();
  const writer = new Writer(folder, 'a/1', 'out');
  writeFileSync(currentLog(writer.folder, 'out'), Buffer.alloc(200 * 1024 * 1024, 'x'.repeat(99) + '\n'));
  const before = bytesRead();
  expect(await read(folder, {last: 100})).toHaveLength(100);
  expect(bytesRead() - before).toBeLessThan(20 * 1024 * 1024);
});

test('a line of 50 MB costs no more memory than its parts', async () => {
  const folder = scratch();
  const writer = new Writer(folder, 'a/1', 'out');
  writeFileSync(currentLog(writer.folder, 'out'), Buffer.alloc(50 * 1024 * 1024, 'y'));
  const streams = openStreams(folder, loggedInstances(folder));
  const before = process.memoryUsage().rss;
  let bytes = 0;
  let parts = 0;
  let most = 0;
  await readLines(streams, {last: 1, since: null}, ({line}) => {
    bytes += line.length;
    if (parts++ % 100 === 0) most = Math.max(most, process.memoryUsage().rss - before);
  });
  for (const {row} of streams) row.close();
  expect(bytes).toBe(50 * 1024 * 1024);
  expect(parts).toBe(800);
  expect(most).toBeLessThan(40 * 1024 * 1024);
});

test('no instance or no folder means no lines', async () => {
  expect(await read(scratch())).toEqual([]);
  expect(loggedInstances('/nowhere')).toEqual([]);
});

test('all descriptors are closed', async () => {
  const folder = scratch();
  for (let i = 1; i <= 5; i++) {
    const writer = new Writer(folder, `a/${i}`, 'out');
    writer.write('x\n');
    writer.rotate();
    writer.write('y\n');
  }
  const open = () => readdirSync('/proc/self/fd').length;
  const before = open();
  await read(folder);
  await read(folder, {last: 3, since: 1});
  expect(open()).toBe(before);
});
