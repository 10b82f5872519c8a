import {mkdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import fc from 'fast-check';
import {expect, test} from 'vitest';
import {rotatedLog} from '../../src/logs/layout.ts';
import {followLines} from '../../src/logs/follow.ts';
import {loggedInstances, openStreams, readLines, type LogLine} from '../../src/logs/read.ts';
import {scratch, until} from '../control/helpers.ts';
import {Joiner, linesOf, Writer} from './model.ts';

/** Reads existing lines, then follows, like `brood logs -f`. */
async function follow(folder: string) {
  const lines: LogLine[] = [];
  const joiner = new Joiner();
  const take = (line: LogLine) => {
    lines.push(line);
    joiner.take(line.line, line.partial);
  };
  const stop = new AbortController();
  const streams = openStreams(folder, loggedInstances(folder));
  await readLines(streams, {last: null, since: null}, take, 'leave');
  const done = followLines({fleetFolder: folder, streams, wanted: () => true, signal: stop.signal}, take);
  return {
    lines,
    joined: joiner.lines,
    seen: (text: string) => until(`line ${text}`, () => lines.some(({line}) => line === text)),
    end: async () => {
      stop.abort();
      await done;
      return lines;
    },
  };
}

test('lines arrive as they are written, across rotations, and from instances that are added later', async () => {
  const folder = scratch();
  const a = new Writer(folder, 'a/1', 'out');
  a.write('one\n');
  const f = await follow(folder);
  await f.seen('one');
  a.write('two\n');
  await f.seen('two');
  a.write('three\n');
  a.rotate();
  a.write('four\n');
  await f.seen('four');
  const b = new Writer(folder, 'b/1', 'err');
  b.write('five\n');
  await f.seen('five');
  expect((await f.end()).map(({line}) => line)).toEqual(['one', 'two', 'three', 'four', 'five']);
});

test('a follower that starts before the first output sees it', async () => {
  const folder = join(scratch(), 'fleet');
  const f = await follow(folder);
  mkdirSync(folder);
  new Writer(folder, 'a/1', 'out').write('hello\n');
  await f.seen('hello');
  await f.end();
});

test('after several rotations between two looks, the files in between are read completely, compressed or not', async () => {
  const folder = scratch();
  const a = new Writer(folder, 'a/1', 'out');
  a.write('1\n');
  const f = await follow(folder);
  await f.seen('1');
  // All in one turn of the event loop.
  a.write('2\n');
  const first = a.rotate();
  a.write('3\n');
  const second = a.rotate();
  a.write('4\n');
  a.rotate();
  a.write('5\n');
  a.compress(first);
  a.compress(second);
  await f.seen('5');
  expect((await f.end()).map(({line}) => line)).toEqual(['1', '2', '3', '4', '5']);
});

test('a file being read is held open, even if it is removed', async () => {
  const folder = scratch();
  const a = new Writer(folder, 'a/1', 'out');
  a.write('1\n');
  const f = await follow(folder);
  await f.seen('1');
  a.write('2\n');
  rmSync(rotatedLog(a.folder, 'out', a.rotate()));
  a.write('3\n');
  a.rotate();
  a.write('4\n');
  await f.seen('4');
  expect((await f.end()).map(({line}) => line)).toEqual(['1', '2', '3', '4']);
});

test('a missing file between a rotation and the next write loses no line and delays none', async () => {
  const folder = scratch();
  const a = new Writer(folder, 'a/1', 'out');
  a.write('1\n');
  a.rotate();
  const f = await follow(folder);
  await f.seen('1');
  a.write('2\n');
  a.rotate();
  await f.seen('2');
  a.write('3\n');
  await f.seen('3');
  // Two in one turn of the event loop, without a file in place of the one being read.
  a.write('4\n');
  a.rotate();
  a.write('5\n');
  a.rotate();
  await f.seen('5');
  a.write('6\n');
  await f.seen('6');
  expect((await f.end()).map(({line}) => line)).toEqual(['1', '2', '3', '4', '5', '6']);
});

test('an unterminated line is shown after a while, as a part, and its rest when it arrives', async () => {
  const folder = scratch();
  const a = new Writer(folder, 'a/1', 'out');
  a.write('begun');
  const f = await follow(folder);
  a.write(' and');
  await f.seen('begun and');
  a.write(' ended\n');
  await f.seen(' ended');
  expect((await f.end()).map(({line, partial}) => [line, partial])).toEqual([
    ['begun and', true],
    [' ended', false],
  ]);
});

test('with any writes and rotations while it is followed, every byte is seen once', async () => {
  const act = fc.oneof(
    {weight: 5, arbitrary: fc.stringMatching(/^[a-z]{0,5}$/).map(line => ({kind: 'write' as const, line}))},
    {weight: 1, arbitrary: fc.constant({kind: 'long' as const})},
    {weight: 2, arbitrary: fc.boolean().map(gz => ({kind: 'rotate' as const, gz}))},
    {weight: 2, arbitrary: fc.constant({kind: 'breathe' as const})},
  );
  await fc.assert(
    fc.asyncProperty(fc.array(act, {maxLength: 20}), fc.nat(10), fc.boolean(), async (acts, before, rotated) => {
      const folder = scratch();
      const a = new Writer(folder, 'a/1', 'out');
      let f: Awaited<ReturnType<typeof follow>> | null = null;
      for (const [i, one] of acts.entries()) {
        if (i === before) f = await follow(folder);
        if (one.kind === 'write') a.write(one.line + '\n');
        else if (one.kind === 'long') a.write('z'.repeat(150_000));
        else if (one.kind === 'breathe') await new Promise(resolve => setImmediate(resolve));
        else {
          const sequence = a.rotate();
          if (one.gz) a.compress(sequence);
        }
      }
      f ??= await follow(folder);
      a.write('\nlast\n');
      if (rotated) a.rotate();
      await f.seen('last');
      await f.end();
      expect(f.joined).toEqual(linesOf(a.written));
    }),
    {numRuns: 60},
  );
});
