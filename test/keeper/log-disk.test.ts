import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {LogDisk} from '../../src/keeper/logs/disk.ts';
import {LogIndex} from '../../src/keeper/logs/index-thread.ts';

const settled = (disk: LogDisk): Promise<void> => new Promise(resolve => disk.settle(resolve));

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'brood-disk-'));
  onTestFinished(() => rmSync(folder, {recursive: true, force: true}));
  return folder;
}

test('requests are processed one after another, and failures reported', async () => {
  const disk = new LogDisk();
  const did: string[] = [];
  disk.run(
    () => new Promise(resolve => setImmediate(resolve)).then(() => did.push('first')),
    () => did.push('first done'),
  );
  disk.run(
    () => Promise.reject(Object.assign(new Error('x'), {code: 'ENOSPC'})),
    result => did.push(JSON.stringify(result)),
  );
  disk.run(() => Promise.resolve(did.push('last')));
  await settled(disk);
  expect(did).toEqual(['first', 'first done', '{"error":"ENOSPC"}', 'last']);
});

test('a wait for a disk that does not respond ends after a while; all requests are processed in order once it does', async () => {
  const disk = new LogDisk();
  const did: string[] = [];
  let answer = (): void => undefined;
  disk.run(() => new Promise<void>(resolve => (answer = resolve)));
  disk.run(() => Promise.resolve(did.push('one')));
  await settled(disk);
  expect(did).toEqual([]);
  answer();
  await settled(disk);
  expect(did).toEqual(['one']);
});

test('an index keeps its order, is bounded while its disk does not respond, and starts anew with its log', async () => {
  const disk = new LogDisk();
  const path = join(scratch(), 'out.idx');
  writeFileSync(path, '99 1\n');
  const index = new LogIndex(path, disk);
  index.note(100, 2);
  await settled(disk);
  expect(readFileSync(path, 'latin1')).toBe('99 1\n100 2\n');
  let answer = (): void => undefined;
  disk.run(() => new Promise<void>(resolve => (answer = resolve)));
  index.cutTo(0);
  for (let i = 0; i < 50_000; i++) index.note(i, 3);
  answer();
  await settled(disk);
  const lines = readFileSync(path, 'latin1').split('\n');
  expect(lines.slice(0, 3)).toEqual(['0 3', '1 3', '2 3']);
  expect(lines.join('\n').length).toBeLessThan(70_000);
  index.note(7, 4);
  await settled(disk);
  expect(readFileSync(path, 'latin1').endsWith('\n7 4\n')).toBe(true);
});
