import {spawn} from 'node:child_process';
import {getEventListeners, once} from 'node:events';
import {readFileSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {expect, onTestFinished, test} from 'vitest';
import {connectFleet} from '../../src/control/connect.ts';
import {ConnectionLostError, NotRunningError, RpcError} from '../../src/control/errors.ts';
import {inFolder} from '../../src/control/folder.ts';
import {supervisorAlive} from '../../src/control/lock.ts';
import {ErrorCode} from '../../src/control/messages.ts';
import {scratch, serve, until} from './helpers.ts';

const ping = () => ({pid: 1, version: '1', fleet: 'f', ready: true});
const startTime = (pid: number) => readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ')[19];
const lock = (folder: string, content: object) => writeFileSync(inFolder.lock(folder), JSON.stringify(content));

test('calls return results, with progress on the way, and errors keep their code and data', async () => {
  const {folder} = await serve({
    ping,
    stop: async ({targets}, {progress}) => {
      progress([{id: 'web/1', status: 'stopping', reason: null}]);
      await Promise.resolve();
      return {
        ok: true,
        outcomes: targets.map(id => ({id, status: 'stopped', ok: true, reason: null, proof: null, survivors: []})),
      };
    },
  });
  const client = await connectFleet(folder);
  expect(await client.call('ping', {})).toEqual(ping());
  const waiting: unknown[] = [];
  const {outcomes} = await client.call('stop', {targets: ['web']}, {onProgress: list => waiting.push(...list)});
  expect(outcomes[0]!.id).toBe('web');
  expect(waiting).toEqual([{id: 'web/1', status: 'stopping', reason: null}]);
  await expect(client.call('ps', {})).rejects.toMatchObject({name: 'RpcError', code: -32601});
  client.close();
});

test('a client connects to a path of 250 characters', async () => {
  const folder = scratch('x'.repeat(120), 'y'.repeat(120));
  await serve({ping}, {folder});
  const client = await connectFleet(folder);
  expect(await client.call('ping', {})).toEqual(ping());
  client.close();
});

test('no socket, a stale socket or no folder means not running', async () => {
  const folder = scratch();
  await expect(connectFleet(folder)).rejects.toThrow(NotRunningError);
  const child = spawn(process.execPath, [
    '-e',
    `require('net').createServer().listen(${JSON.stringify(inFolder.socket(folder))}, () => process.kill(process.pid, 'SIGKILL'))`,
  ]);
  await once(child, 'exit');
  await expect(connectFleet(folder)).rejects.toThrow(NotRunningError);
  await expect(connectFleet(`${folder}/none/${'x'.repeat(200)}`)).rejects.toThrow(NotRunningError);
});

test('while the keeper lives, a client waits for a controller that is being restarted', async () => {
  const folder = scratch();
  lock(folder, {pid: process.pid, startTime: startTime(process.pid), anchor: null});
  const connecting = connectFleet(folder);
  await serve({ping}, {folder});
  const client = await connecting;
  expect(await client.call('ping', {})).toEqual(ping());
  client.close();
  await expect(connectFleet(scratch(), {timeoutMs: 0})).rejects.toThrow(NotRunningError);
});

test('a controller that dies during a call makes it fail with a lost connection', async () => {
  const folder = scratch();
  const server = createServer(socket => socket.once('data', () => socket.destroy())).listen(inFolder.socket(folder));
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const client = await connectFleet(folder);
  await expect(client.call('ping', {})).rejects.toThrow(ConnectionLostError);
  await expect(client.call('ping', {})).rejects.toThrow(ConnectionLostError);
  expect(client.closed).toBe(true);
});

test('an aborted call ends the wait; the connection stays open', async () => {
  const {folder} = await serve({ping, wait: () => new Promise(() => undefined)});
  const client = await connectFleet(folder);
  const controller = new AbortController();
  const call = client.call('wait', {}, {signal: controller.signal});
  controller.abort();
  await expect(call).rejects.toMatchObject({name: 'AbortError'});
  expect(await client.call('ping', {})).toEqual(ping());
  client.close();
});

test('a call leaves no listener on its abort signal, whatever its outcome', async () => {
  const refuse = () => Promise.reject(new RpcError(ErrorCode.failed, 'no'));
  const {folder} = await serve({ping, ps: refuse, wait: () => new Promise(() => undefined)});
  const client = await connectFleet(folder);
  const {signal} = new AbortController();
  await client.call('ping', {}, {signal});
  await expect(client.call('ps', {}, {signal})).rejects.toThrow('no');
  const waiting = client.call('wait', {}, {signal});
  client.close();
  await expect(waiting).rejects.toThrow(ConnectionLostError);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('watch yields events until the loop is left, and ends with the connection', async () => {
  const {folder, server} = await serve({watch: () => ({seq: 0})});
  const client = await connectFleet(folder);
  const seen: number[] = [];
  const first = (async () => {
    for await (const {seq} of client.watch()) {
      seen.push(seq);
      if (seen.length >= 3) break;
    }
  })();
  let seq = 0;
  await until('three', () => {
    server.broadcastEvent({seq: ++seq, at: '', type: 'x'});
    return seen.length >= 3;
  });
  await first;
  const second = (async () => {
    for await (const record of client.watch()) seen.push(record.seq);
  })();
  await until('a fourth', () => {
    server.broadcastEvent({seq: ++seq, at: '', type: 'x'});
    return seen.length >= 4;
  });
  await server.close();
  await second;
  expect(client.closed).toBe(true);
});

test('the supervisor counts as alive only if the pid has the start time of the lock', async () => {
  const folder = scratch();
  expect(supervisorAlive(folder)).toBe(false);
  for (const [content, alive] of [
    [{pid: process.pid, startTime: startTime(process.pid)}, true],
    [{pid: process.pid, startTime: Number(startTime(process.pid))}, true],
    [{pid: process.pid, startTime: '1'}, false],
    [{pid: 2 ** 22 + 1, startTime: '1'}, false],
    [{pid: -1}, false],
    [{}, false],
  ] as const) {
    lock(folder, content);
    expect(supervisorAlive(folder), JSON.stringify(content)).toBe(alive);
  }
  writeFileSync(inFolder.lock(folder), '{"pid":');
  expect(supervisorAlive(folder)).toBe(false);
  const zombie = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 100'], {stdio: ['ignore', 'pipe', 'ignore']});
  onTestFinished(() => void zombie.kill('SIGKILL'));
  const [text] = (await once(zombie.stdout, 'data')) as [Buffer];
  const pid = Number(text.toString());
  await until('a zombie', () => readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z '));
  lock(folder, {pid, startTime: startTime(pid)});
  expect(supervisorAlive(folder)).toBe(false);
});
