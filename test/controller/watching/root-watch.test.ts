/** Reports of changes to real files, by the kernel and by chokidar. */
import {mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {RootWatch} from '../../../src/controller/watching/root-watch.ts';
import {until} from '../../end-to-end/harness.ts';

/** A watched path in a folder of its own, which is removed at the end. */
class Place implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'brood-watch-'));
  readonly told: string[] = [];
  readonly failed: string[] = [];
  watch: RootWatch | null = null;

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  write(...names: string[]): void {
    writeFileSync(this.path(...names), `${performance.now()}`);
  }

  async begin(...names: string[]): Promise<RootWatch> {
    const watch = new RootWatch({
      root: this.path(...names),
      isIgnored: path => path.endsWith('.log'),
      followLinks: true,
      changed: path => void this.told.push(path.slice(this.folder.length + 1)),
      failed: code => void this.failed.push(code),
    });
    this.watch = watch;
    watch.checkRoot();
    // If the root is missing: the watch has looked, so its creation is a change.
    await until('the watch', () => watch.isReady || watch.trouble !== null);
    return watch;
  }

  /** Checks repeatedly until the path has been reported, then clears the reports. */
  async tells(path: string): Promise<void> {
    await until(`${path} to be told`, () => {
      this.watch?.checkRoot();
      return this.told.includes(path);
    });
    this.told.length = 0;
  }

  /** Writes repeatedly until the path has been reported: the first writes may precede the watch of a new file. */
  async tellsOf(path: string, write: () => void): Promise<void> {
    await until(`${path} to be told`, () => {
      write();
      return this.told.includes(path);
    });
    this.told.length = 0;
  }

  /** Replaces a file by rename, as editors do. */
  replace(path: string): void {
    this.write('new.log');
    renameSync(this.path('new.log'), this.path(path));
  }

  [Symbol.dispose](): void {
    this.watch?.close();
    rmSync(this.folder, {recursive: true, force: true});
  }
}

test('a folder: written, replaced, removed and recreated files are reported, also in new folders; existing files are not', async () => {
  using place = new Place();
  mkdirSync(place.path('src/deep'), {recursive: true});
  place.write('src/a.js');
  place.write('src/deep/b.js');
  await place.begin('src');
  expect(place.told).toEqual([]);
  await place.tellsOf('src/a.js', () => place.write('src/a.js'));
  await place.tellsOf('src/deep/b.js', () => place.replace('src/deep/b.js'));
  await place.tellsOf('src/deep/b.js', () => place.write('src/deep/b.js'));
  unlinkSync(place.path('src/a.js'));
  await place.tells('src/a.js');
  place.write('src/a.js');
  await place.tells('src/a.js');
  mkdirSync(place.path('src/new/far'), {recursive: true});
  place.write('src/new/far/c.js');
  await place.tells('src/new/far/c.js');
  place.write('src/y.log');
  place.write('src/d.js');
  await until('d.js', () => place.told.includes('src/d.js'));
  expect(place.told).not.toContain('src/y.log');
});

test('a file is watched through repeated replacement and temporary removal', async () => {
  using place = new Place();
  place.write('conf');
  const watch = await place.begin('conf');
  for (let round = 0; round < 3; round++) {
    await place.tellsOf('conf', () => place.replace('conf'));
    // The watch has recorded the new file: another check reports no change.
    watch.checkRoot();
    expect(watch.isReady).toBe(true);
  }
  unlinkSync(place.path('conf'));
  await place.tells('conf');
  place.write('conf');
  await place.tells('conf');
  await until('the watch', () => watch.isReady);
  await place.tellsOf('conf', () => place.write('conf'));
});

test('a path that appears later, at any depth, and a folder replaced by another one are watched', async () => {
  using place = new Place();
  const watch = await place.begin('later', 'src');
  expect(watch.isReady).toBe(false);
  mkdirSync(place.path('later/src'), {recursive: true});
  place.write('later/src/a.js');
  await place.tells('later/src');
  await until('the watch', () => watch.isReady);
  await place.tellsOf('later/src/a.js', () => place.write('later/src/a.js'));
  mkdirSync(place.path('other'));
  place.write('other/a.js');
  rmSync(place.path('later/src'), {recursive: true});
  renameSync(place.path('other'), place.path('later/src'));
  await place.tells('later/src');
  await until('the watch', () => {
    watch.checkRoot();
    return watch.isReady;
  });
  await place.tellsOf('later/src/a.js', () => place.write('later/src/a.js'));
});

test('a symbolic link that is changed to another folder, as in a deployment, is followed', async () => {
  using place = new Place();
  for (const name of ['one', 'two']) {
    mkdirSync(place.path(name));
    place.write(name, 'a.js');
  }
  symlinkSync('one', place.path('current'));
  const watch = await place.begin('current');
  symlinkSync('two', place.path('next'));
  renameSync(place.path('next'), place.path('current'));
  await place.tells('current');
  await until('the watch', () => watch.isReady);
  await place.tellsOf('current/a.js', () => place.write('two/a.js'));
});
