import {
  chmodSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {
  closeSocketFolder,
  isReachable,
  makeSocketFolder,
  openSocketFolder,
  pathOf,
  socketFolderOf,
  socketFolders,
  type SocketFolder,
} from '../../src/posix/socket-folder.ts';

const isRoot = process.getuid?.() === 0;

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'brood-folder-'));
  onTestFinished(() => rmSync(folder, {recursive: true, force: true}));
  return folder;
}
const placeIn = (base: string): SocketFolder => ({base, names: ['brood', '0123456789ab']});

test('a folder is created traversable by others and nothing more, with any umask; found again; removed when empty', () => {
  const base = scratch();
  const place = placeIn(base);
  const umask = process.umask(0o077);
  try {
    openSocketFolder(place);
    openSocketFolder(place);
  } finally {
    process.umask(umask);
  }
  const modes = [join(base, 'brood'), pathOf(place)].map(path => lstatSync(path).mode & 0o7777);
  expect(modes).toEqual([0o711, 0o711]);
  const address = join(pathOf(place), 'x.notify');
  expect(socketFolderOf(address)).toEqual(place);
  writeFileSync(address, '');
  closeSocketFolder(place);
  expect(existsSync(address)).toBe(true);
  rmSync(address);
  closeSocketFolder(place);
  expect(existsSync(join(base, 'brood'))).toBe(false);
});

test('in a base that others could block, the shared folder is created only on a thread, and stays', async () => {
  const base = scratch();
  chmodSync(base, 0o755);
  const place = placeIn(base);
  expect(() => openSocketFolder(place)).toThrow(/brood is gone: the next start creates it again \(ENOENT\)/);
  await makeSocketFolder(place);
  closeSocketFolder(place);
  expect([existsSync(join(base, 'brood')), existsSync(pathOf(place))]).toEqual([true, false]);
  // No other user can read the private one.
  openSocketFolder(place);
  expect(lstatSync(pathOf(place)).mode & 0o7777).toBe(0o711);
});

test('entries that others may have created are rejected, with path and remedy', async () => {
  const refused = async (prepare: (folder: string) => void, words: RegExp): Promise<void> => {
    const base = scratch();
    prepare(join(base, 'brood'));
    expect(() => openSocketFolder(placeIn(base))).toThrow(words);
    await expect(makeSocketFolder(placeIn(base))).rejects.toThrow(words);
  };
  await refused(path => writeFileSync(path, ''), /brood is not a folder: remove it \(ENOTDIR\)/);
  await refused(path => symlinkSync('/tmp', path), /brood is not a folder: remove it/);
  await refused(path => {
    mkdirSync(path);
    chmodSync(path, 0o777);
  }, /can be changed by, another user: remove it \(EPERM\)/);
  if (isRoot)
    await refused(path => {
      mkdirSync(path);
      lchownSync(path, 64_321, 64_321);
    }, /belongs to, or can be changed by, another user/);
  const open = scratch();
  chmodSync(open, 0o777);
  expect(() => openSocketFolder(placeIn(open))).toThrow(/other users can change the contents of/);
  // Like /tmp.
  chmodSync(open, 0o1777);
  await makeSocketFolder(placeIn(open));
  expect(() => openSocketFolder(placeIn(open))).not.toThrow();
  expect(() => openSocketFolder(placeIn(join(open, 'none')))).toThrow(/ENOENT/);
});

test('a wrong mode is corrected', () => {
  const base = scratch();
  mkdirSync(join(base, 'brood'), {mode: 0o700});
  openSocketFolder(placeIn(base));
  expect(lstatSync(join(base, 'brood')).mode & 0o7777).toBe(0o711);
});

test('root has other places for the folder than ordinary users', () => {
  const folder = scratch();
  const [run, own] = socketFolders(folder, {}, 0).map(pathOf);
  expect(run).toMatch(/^\/run\/brood\/[0-9a-f]{12}$/);
  expect(own).toBe(join(folder, 'notify'));
  // The path to the fleet's folder does not matter.
  const link = join(scratch(), 'link');
  symlinkSync(folder, link);
  expect(socketFolders(link, {}, 0).map(pathOf)[0]).toBe(run);
  expect(socketFolders(folder, {XDG_RUNTIME_DIR: '/run/user/7'}, 7).map(pathOf)).toEqual([
    expect.stringMatching(/^\/run\/user\/7\/brood\/[0-9a-f]{12}$/),
    expect.stringMatching(/^\/tmp\/brood-7\/[0-9a-f]{12}$/),
  ]);
  expect(socketFolders(folder, {XDG_RUNTIME_DIR: 'relative'}, 7)).toHaveLength(1);
  for (const place of [...socketFolders(folder, {XDG_RUNTIME_DIR: '/x'}, 7), ...socketFolders(folder, {}, 0)])
    expect(socketFolderOf(join(pathOf(place), 'a.notify'))).toEqual(place);
  expect(socketFolderOf('/var/lib/brood/t-0123456789ab/runs/a.notify')).toBeNull();
});

test('a folder is reachable if every user may traverse the path to it', () => {
  const folder = scratch();
  expect(isReachable(folder)).toBe(false);
  chmodSync(folder, 0o711);
  expect(isReachable(folder)).toBe(isReachable(tmpdir()));
  expect(isReachable(join(folder, 'none'))).toBe(false);
});
