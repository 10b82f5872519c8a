import {spawnSync} from 'node:child_process';
import {existsSync, lstatSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {createServer, type Server} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {PinnedFolder, removeOwn, removeStale} from '../../src/posix/stale-socket.ts';

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'brood-stale-'));
  onTestFinished(() => rmSync(folder, {recursive: true, force: true}));
  return folder;
}

/** Creates a socket whose owner has exited. */
const die = (path: string): void =>
  void spawnSync('python3', ['-c', 'import socket,sys; s=socket.socket(1,1); s.bind(sys.argv[1]); s.listen(1)', path]);

async function live(path: string): Promise<Server> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(path, resolve));
  onTestFinished(() => void server.close());
  return server;
}

async function cleanUp(path: string): Promise<void> {
  const folder = await PinnedFolder.to(path);
  try {
    await removeStale(folder, path.slice(path.lastIndexOf('/') + 1));
  } finally {
    folder.close();
  }
}

test('a dead socket is removed; a live one, a file and a symbolic link stay, and no other file is left', async () => {
  const folder = scratch();
  const at = (name: string): string => join(folder, name);
  die(at('dead'));
  await live(at('alive'));
  writeFileSync(at('file'), '');
  symlinkSync('file', at('link'));
  for (const name of ['dead', 'alive', 'file', 'link', 'none']) await cleanUp(at(name));
  expect(readdirSync(folder).sort()).toEqual(['alive', 'file', 'link']);
});

test('a pinned folder stays the same when another takes its name', async () => {
  const base = scratch();
  const path = join(base, 'one', 'sock');
  spawnSync('mkdir', [join(base, 'one'), join(base, 'two')]);
  die(path);
  die(join(base, 'two', 'sock'));
  const folder = await PinnedFolder.to(path);
  renameSync(join(base, 'one'), join(base, 'gone'));
  renameSync(join(base, 'two'), join(base, 'one'));
  await removeStale(folder, 'sock');
  folder.close();
  expect([existsSync(join(base, 'gone', 'sock')), existsSync(path)]).toEqual([false, true]);
});

test('an own socket is removed though it is live; another one, or a live one of unknown identity, is not', async () => {
  const folder = scratch();
  const path = join(folder, 'sock');
  await live(path);
  const own = lstatSync(path, {bigint: true});
  await removeOwn(path, {dev: own.dev, ino: own.ino + 1n});
  await removeOwn(path, null);
  expect(existsSync(path)).toBe(true);
  await removeOwn(path, own);
  expect(existsSync(path)).toBe(false);
  die(path);
  await removeOwn(path, null);
  expect(existsSync(path)).toBe(false);
  await removeOwn(join(folder, 'none', 'sock'), null);
});
