/** A snapshot file that another process changes while the controller uses it. */
import {readFileSync, renameSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {SnapshotFile} from '../../src/controller/state/snapshot-file.ts';
import {inFolder} from '../../src/control/folder.ts';
import {scratch} from '../control/helpers.ts';
import {HALVES, overwrite} from './halves.ts';

describe('a half changed by another process', () => {
  const damages: [string, (path: string) => void][] = [
    ['removed', path => rmSync(path)],
    ['truncated', path => truncateSync(path)],
    ['zeroed', path => writeFileSync(path, Buffer.alloc(statSync(path).size))],
    ['with another byte', path => overwrite(path, readFileSync(path), 45, 0x7e)],
    [
      'replaced',
      path => {
        writeFileSync(`${path}.new`, readFileSync(path));
        renameSync(`${path}.new`, path);
      },
    ],
  ];
  test.each(damages.flatMap(([what, damage]) => HALVES.map(half => [what, half, damage] as const)))(
    '%s, half %i: is detected, and both halves are intact again after the next state',
    (_what, half, damage) => {
      const folder = scratch();
      const file = new SnapshotFile(folder);
      for (const text of ['state one', 'state two']) file.write(text);
      expect(file.append('a change')).toBe(true);
      expect(file.findProblem()).toBeNull();
      damage(inFolder.snapshot(folder, half));
      expect(file.findProblem()).toContain(`snapshot.${half} was`);
      file.giveUp();
      for (let both = 0; both < 2; both++) file.write('state three');
      expect(file.findProblem()).toBeNull();
      expect(new SnapshotFile(folder).readSnapshot()).toEqual({text: 'state three', changes: [], damaged: 0});
      rmSync(inFolder.snapshot(folder, half));
      expect(new SnapshotFile(folder).readSnapshot().text).toBe('state three');
    },
  );

  test('own writes are no damage, and a symbolic link is not followed', () => {
    const folder = scratch();
    const file = new SnapshotFile(folder);
    expect(file.findProblem()).toBeNull();
    file.write('state one');
    for (let round = 0; round < 50; round++) {
      if (!file.append(`change ${round}`)) file.write(`state ${round}`);
      expect(file.findProblem()).toBeNull();
    }
    const other = scratch();
    writeFileSync(`${other}/precious`, 'precious');
    symlinkSync(`${other}/precious`, inFolder.snapshot(other, 0));
    expect(() => new SnapshotFile(other).write('state')).toThrow('ELOOP');
    expect(readFileSync(`${other}/precious`, 'utf8')).toBe('precious');
  });
});
