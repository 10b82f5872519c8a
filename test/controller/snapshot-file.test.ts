import {readFileSync, statSync, truncateSync, writeFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {SnapshotFile, SupersededError} from '../../src/controller/state/snapshot-file.ts';
import {inFolder} from '../../src/control/folder.ts';
import {scratch} from '../control/helpers.ts';
import {HALVES, overwrite} from './halves.ts';

/** Bytes at the beginning of a half that these tests examine: its header and the text written. */
const HEAD_BYTES = 64;

/** Returns a folder with three committed snapshots: the last but one in half 0, the last in half 1. */
function committed(): {folder: string; paths: readonly [string, string]; images: readonly [Buffer, Buffer]} {
  const folder = scratch();
  const file = new SnapshotFile(folder);
  for (const text of ['state one', 'state two', 'state three']) file.write(text);
  const paths = [inFolder.snapshot(folder, 0), inFolder.snapshot(folder, 1)] as const;
  return {folder, paths, images: [readFileSync(paths[0]), readFileSync(paths[1])]};
}

describe('the snapshot', () => {
  test('is the newest one written; without any there is none, and nothing is damaged', () => {
    const folder = scratch();
    const file = new SnapshotFile(folder);
    expect(file.readSnapshot()).toEqual({text: null, changes: [], damaged: 0});
    file.reserve(10);
    expect(new SnapshotFile(folder).readSnapshot()).toEqual({text: null, changes: [], damaged: 0});
    for (const text of ['one', 'two', 'three']) {
      file.write(text);
      expect(new SnapshotFile(folder).readSnapshot()).toEqual({text, changes: [], damaged: 0});
    }
  });

  test.each(HALVES)(
    'with any byte of half %i changed is the last or the last but one, and the damage is reported',
    half => {
      const {folder, paths, images} = committed();
      const image = images[half];
      const path = paths[half];
      const other = half === 1 ? 'state two' : 'state three';
      for (let at = 0; at < HEAD_BYTES; at++) {
        for (const byte of [(image[at] ?? 0) ^ 1, (image[at] ?? 0) ^ 0x80, 0xff]) {
          if (byte === image[at]) continue;
          overwrite(path, image, at, byte);
          const {text, damaged} = new SnapshotFile(folder).readSnapshot();
          // Bytes after the text are ignored.
          if (text === 'state three' && damaged === 0) expect(at).toBeGreaterThanOrEqual(40 + 'state two'.length);
          else expect({at, text, damaged}).toEqual({at, text: other, damaged: 1});
        }
      }
      writeFileSync(path, image);
      expect(new SnapshotFile(folder).readSnapshot()).toEqual({text: 'state three', changes: [], damaged: 0});
    },
  );

  test.each(HALVES)('with half %i truncated anywhere is the last or the last but one', half => {
    const {folder, paths, images} = committed();
    for (let size = HEAD_BYTES; size >= 0; size--) {
      writeFileSync(paths[half], images[half].subarray(0, size));
      const {text, damaged} = new SnapshotFile(folder).readSnapshot();
      if (half === 0 || damaged > 0 || size === 0) expect(text).toBe(half === 0 ? 'state three' : 'state two');
      else expect(text).toBe('state three');
    }
  });

  test('with both halves damaged is none, which differs from one that never existed', () => {
    const {folder, paths, images} = committed();
    for (const half of HALVES) overwrite(paths[half], images[half], 41, 0);
    const file = new SnapshotFile(folder);
    expect(file.readSnapshot()).toEqual({text: null, changes: [], damaged: 2});
    expect(file.setAside().length).toBe(2);
    expect(readFileSync(`${paths[1]}.unreadable`)[0]).toBe(images[1][0]);
    expect(new SnapshotFile(folder).readSnapshot()).toEqual({text: null, changes: [], damaged: 0});
    file.write('anew');
    expect(new SnapshotFile(folder).readSnapshot()).toEqual({text: 'anew', changes: [], damaged: 0});
  });

  test('after a kill at any byte of a write is the previous one; the next write destroys neither', () => {
    const {folder, paths, images} = committed();
    new SnapshotFile(folder).readSnapshot();
    const writer = new SnapshotFile(folder);
    writer.readSnapshot();
    writer.write('state four, which is longer');
    const next = readFileSync(paths[0]);
    for (let torn = 0; torn <= HEAD_BYTES + 16; torn++) {
      writeFileSync(paths[1], images[1]);
      writeFileSync(paths[0], Buffer.concat([next.subarray(0, torn), images[0].subarray(torn)]));
      const file = new SnapshotFile(folder);
      const {text} = file.readSnapshot();
      expect(['state three', 'state four, which is longer']).toContain(text);
      if (torn < 40 + 'state four, which is longe'.length) expect(text).toBe('state three');
      // A second kill, during the write of the next controller: the result is the same.
      const whole = HALVES.map(half => readFileSync(paths[half]));
      file.write('state five');
      const written = HALVES.find(half => !readFileSync(paths[half]).equals(whole[half]!))!;
      const half = readFileSync(paths[written]);
      writeFileSync(paths[written], Buffer.concat([half.subarray(0, 20), whole[written]!.subarray(20)]));
      expect(new SnapshotFile(folder).readSnapshot().text).toBe(text);
    }
  });

  test('is not written by a controller that was frozen while another one committed', () => {
    const {folder} = committed();
    const frozen = new SnapshotFile(folder);
    frozen.readSnapshot();
    frozen.write('by the first');
    const next = new SnapshotFile(folder);
    next.readSnapshot();
    for (const text of ['by the second', 'by the second, again', 'and again']) {
      next.write(text);
      expect(() => frozen.write('late')).toThrow(SupersededError);
      expect(new SnapshotFile(folder).readSnapshot()).toEqual({text, changes: [], damaged: 0});
    }
    next.setAside();
    next.write('anew');
    expect(new SnapshotFile(folder).readSnapshot()).toEqual({text: 'anew', changes: [], damaged: 0});
  });

  test.each([
    ['cut short', Buffer.alloc(20, 'B')],
    ['empty', Buffer.alloc(0)],
    ['something else', Buffer.alloc(300_000, 'x')],
  ])('damaged between two commits (%s) is written anew, and the damage is reported once', (_how, damage) => {
    for (const halves of [[0], [1], [0, 1]] as const) {
      const {folder} = committed();
      const file = new SnapshotFile(folder);
      file.readSnapshot();
      file.write('before');
      expect(file.append('a change')).toBe(true);
      for (const half of halves) writeFileSync(inFolder.snapshot(folder, half), damage);
      // A full write is due, and no other controller is suspected.
      expect(file.append('another')).toBe(false);
      file.write('after');
      expect(new SnapshotFile(folder).readSnapshot().text).toBe('after');
      expect(file.findProblem()).toMatch(/was damaged/);
      file.giveUp();
      file.write('after');
      file.write('after');
      expect(file.findProblem()).toBeNull();
      expect(new SnapshotFile(folder).readSnapshot()).toEqual({text: 'after', changes: [], damaged: 0});
    }
  });

  test('consists of the last full write and every change after it, in order', () => {
    const folder = scratch();
    const file = new SnapshotFile(folder);
    expect(file.append('a change of nothing')).toBe(false);
    file.write('one');
    const changes: string[] = [];
    for (let i = 0; i < 5; i++) {
      expect(file.append(`change ${i}`)).toBe(true);
      changes.push(`change ${i}`);
      expect(new SnapshotFile(folder).readSnapshot()).toEqual({text: 'one', changes, damaged: 0});
    }
    file.write('two');
    expect(new SnapshotFile(folder).readSnapshot()).toEqual({text: 'two', changes: [], damaged: 0});
    expect(file.append('later')).toBe(true);
    expect(new SnapshotFile(folder).readSnapshot()).toEqual({text: 'two', changes: ['later'], damaged: 0});
  });

  test('does not include a change torn anywhere, nor bytes that were there before', () => {
    const {folder, paths} = committed();
    const file = new SnapshotFile(folder);
    file.readSnapshot();
    expect(file.append('of another')).toBe(false);
    // Each half gets changes, so that leftovers of an earlier generation follow the new changes.
    for (const text of ['whole four', 'whole five', 'whole six!']) {
      file.write(text);
      for (const change of ['first', 'second', 'third']) expect(file.append(`${change} after ${text}`)).toBe(true);
    }
    file.write('whole seven');
    expect(new SnapshotFile(folder).readSnapshot()).toEqual({text: 'whole seven', changes: [], damaged: 0});
    file.append('kept');
    const half = HALVES.find(which => readFileSync(paths[which]).includes('whole seven'))!;
    const before = readFileSync(paths[half]);
    file.append('torn');
    const after = readFileSync(paths[half]);
    const end = after.indexOf('torn') + 'torn'.length;
    for (let torn = end - 44; torn < end; torn++) {
      writeFileSync(paths[half], Buffer.concat([after.subarray(0, torn), before.subarray(torn)]));
      const next = new SnapshotFile(folder);
      const isWhole = after.subarray(torn, end).equals(before.subarray(torn, end));
      expect(next.readSnapshot()).toEqual({
        text: 'whole seven',
        changes: isWhole ? ['kept', 'torn'] : ['kept'],
        damaged: 0,
      });
      // A successor does not write behind it.
      next.write('whole eight');
      expect(new SnapshotFile(folder).readSnapshot()).toEqual({text: 'whole eight', changes: [], damaged: 0});
      for (const which of HALVES) if (which !== half) writeFileSync(paths[which], Buffer.alloc(before.length));
    }
  });

  test('has room for changes up to its size, and for none beyond', () => {
    const folder = scratch();
    const file = new SnapshotFile(folder);
    file.write('x'.repeat(1000));
    const size = statSync(inFolder.snapshot(folder, 1)).size;
    const change = 'y'.repeat(10_000);
    let written = 0;
    while (file.append(change)) written++;
    expect(written).toBe(Math.floor((size - 1040) / 10_040));
    expect(statSync(inFolder.snapshot(folder, 1)).size).toBe(size);
    expect(new SnapshotFile(folder).readSnapshot().changes.length).toBe(written);
  });

  test('gets no change from a controller that was frozen while another one committed', () => {
    const {folder} = committed();
    const frozen = new SnapshotFile(folder);
    frozen.readSnapshot();
    frozen.write('by the first');
    const next = new SnapshotFile(folder);
    next.readSnapshot();
    next.write('by the second');
    next.append('and more');
    expect(() => frozen.append('late')).toThrow(SupersededError);
    expect(new SnapshotFile(folder).readSnapshot()).toEqual({text: 'by the second', changes: ['and more'], damaged: 0});
    // Even a change written at the moment of the other's commit is ignored.
    const early = new SnapshotFile(folder);
    early.readSnapshot();
    early.write('by a third');
    const last = new SnapshotFile(folder);
    last.readSnapshot();
    early.append('at the same time');
    last.write('by the last');
    expect(new SnapshotFile(folder).readSnapshot()).toEqual({text: 'by the last', changes: [], damaged: 0});
  });

  test('of an earlier version, without changes, is read', () => {
    const {folder, paths} = committed();
    for (const path of paths) {
      const image = readFileSync(path);
      image.write('BROODSN1', 0, 'latin1');
      writeFileSync(path, image);
    }
    expect(new SnapshotFile(folder).readSnapshot()).toEqual({text: 'state three', changes: [], damaged: 0});
  });

  test('a later controller does not enlarge a large enough file, as on a disk that has become full', () => {
    const {folder, paths} = committed();
    const {size} = statSync(paths[0]);
    const file = new SnapshotFile(folder);
    file.readSnapshot();
    // More than half of the size: twice as much would require enlarging.
    file.write('x'.repeat(size - 100));
    expect(HALVES.map(half => statSync(paths[half]).size)).toEqual([size, size]);
    // A controller was killed while it enlarged one half: the smaller size counts.
    truncateSync(paths[0], size / 2);
    new SnapshotFile(folder).reserve(size / 2 + 1);
    expect(statSync(paths[0]).size).toBeGreaterThan(size);
  });
});
