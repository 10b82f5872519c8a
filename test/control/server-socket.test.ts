/** The socket of the control server: permissions, other files at its path, long paths. */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readdirSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {expect, onTestFinished, test} from 'vitest';
import {inFolder} from '../../src/control/folder.ts';
import {Raw, scratch, serve} from './helpers.ts';
import {ping, request} from './serving.ts';

test('the socket is private, and replaces one left by a dead server', async () => {
  const folder = scratch();
  writeFileSync(inFolder.socket(folder), 'stale');
  const {server} = await serve({ping}, {folder});
  expect(statSync(inFolder.socket(folder)).isSocket()).toBe(true);
  expect(statSync(inFolder.socket(folder)).mode & 0o777).toBe(0o600);
  const second = await serve({ping: () => ({...ping(), pid: 2})}, {folder});
  await server.close();
  const raw = new Raw(folder);
  raw.say(request('ping'));
  expect(await raw.next()).toMatchObject({result: {pid: 2}});
  await second.server.close();
  expect(readdirSync(folder)).toEqual([]);
});

test('a socket that was removed or replaced is restored, and existing connections stay', async () => {
  const folder = scratch();
  const {server} = await serve({ping}, {folder});
  const before = new Raw(folder);
  before.say(request('ping'));
  await before.next();
  expect(await server.holdPlace()).toBe(false);
  for (const isReplaced of [false, true]) {
    rmSync(inFolder.socket(folder));
    if (isReplaced) writeFileSync(inFolder.socket(folder), 'another one');
    expect(await server.holdPlace()).toBe(true);
    const raw = new Raw(folder);
    raw.say(request('ping'));
    expect(await raw.next()).toMatchObject({result: {pid: 1}});
  }
  before.say(request('ping', undefined, 2));
  expect(await before.next()).toMatchObject({id: 2});
  await server.close();
  expect(readdirSync(folder)).toEqual([]);
});

/** Starts another process that listens on the path until the test ends. */
async function occupy(path: string): Promise<{pid: number; end: () => Promise<void>}> {
  const child = spawn(process.execPath, [
    '-e',
    `require('net').createServer(s => s.destroy()).listen(process.argv[1], () => console.log('it listens'))`,
    path,
  ]);
  const end = async (): Promise<void> => {
    const gone = new Promise(resolve => child.once('exit', resolve));
    if (child.kill('SIGKILL')) await gone;
  };
  onTestFinished(end);
  // The file exists as soon as the socket is bound, which is before it listens.
  await once(child.stdout, 'data');
  return {pid: child.pid ?? 0, end};
}

test('a living socket of another program is left alone until that program has ended', async () => {
  const folder = scratch();
  const path = inFolder.socket(folder);
  const other = await occupy(path);
  const {ino} = statSync(path);
  const listens = serve({ping}, {folder, peerOf: () => ({uid: 4711, pid: other.pid})});
  await expect(listens).rejects.toThrow(`another program (pid ${other.pid}) listens on ${path}`);
  expect(statSync(path).ino).toBe(ino);
  await other.end();
  const {server} = await serve({ping}, {folder, mayReplace: () => false});
  const raw = new Raw(folder);
  raw.say(request('ping'));
  expect(await raw.next()).toMatchObject({result: {pid: 1}});
  // The same for a server that already listens, which keeps its connections.
  rmSync(path);
  const again = await occupy(path);
  const peers = statSync(path).ino;
  await expect(server.holdPlace()).rejects.toThrow('another program');
  expect(statSync(path).ino).toBe(peers);
  raw.say(request('ping', undefined, 2));
  expect(await raw.next()).toMatchObject({id: 2});
  await again.end();
  expect(await server.holdPlace()).toBe(true);
});

test('the socket of an earlier controller is replaced, and names left by killed ones are removed', async () => {
  const folder = scratch();
  const path = inFolder.socket(folder);
  const other = await occupy(path);
  const dead = await occupy(`${path}.4711`);
  await dead.end();
  const living = await occupy(`${path}.${process.pid}`);
  await serve({ping}, {folder, mayReplace: () => true});
  const raw = new Raw(folder);
  raw.say(request('ping'));
  expect(await raw.next()).toMatchObject({result: {pid: 1}});
  expect(readdirSync(folder).sort()).toEqual(['control.sock', `control.sock.${process.pid}`]);
  await other.end();
  await living.end();
});

test('a server that may not listen leaves the socket to another', async () => {
  const folder = scratch();
  await serve({ping}, {folder});
  const second = await serve({ping: () => ({...ping(), pid: 2})}, {folder, mayListen: () => false});
  const raw = new Raw(folder);
  raw.say(request('ping'));
  expect(await raw.next()).toMatchObject({result: {pid: 1}});
  await second.server.close();
  expect(readdirSync(folder)).toEqual(['control.sock']);
});

test('a folder with a path of 250 characters works', async () => {
  const folder = scratch('x'.repeat(120), 'y'.repeat(120));
  const {server} = await serve({ping}, {folder});
  expect(readdirSync(folder)).toEqual(['control.sock']);
  await server.close();
  expect(readdirSync(folder)).toEqual([]);
});
