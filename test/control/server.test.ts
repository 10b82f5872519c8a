import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readdirSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {expect, onTestFinished, test} from 'vitest';
import {MAX_CONNECTIONS, RESERVED} from '../../src/control/admission.ts';
import {connectFleet} from '../../src/control/connect.ts';
import {RpcError} from '../../src/control/errors.ts';
import {inFolder} from '../../src/control/folder.ts';
import {ErrorCode, MAX_REQUEST_BYTES, MAX_UNDER_WAY, MAX_UNSENT_BYTES} from '../../src/control/messages.ts';
import {Raw, scratch, serve, until} from './helpers.ts';

const ping = () => ({pid: 1, version: '1', fleet: 'f', ready: true});
const request = (method: string, params?: unknown, id: unknown = 1) => ({jsonrpc: '2.0', id, method, params});
const error = (code: number, id: unknown = 1) => ({
  jsonrpc: '2.0',
  id,
  error: expect.objectContaining({code}) as unknown,
});

test('the socket is private, and replaces what a dead server left behind', async () => {
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

test('a socket that was removed or replaced is put back, and the connections there are stay', async () => {
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

/** Another process that listens there until the test ends. */
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
  // The file is there as soon as it is bound.
  await once(child.stdout, 'data');
  return {pid: child.pid ?? 0, end};
}

test('a living socket of another program is left alone, until that has ended', async () => {
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
  // Also under one that listens already, which then keeps what it has.
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

test('an earlier controller’s is replaced, and so are names that killed ones have left', async () => {
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

test('one that may not listen leaves the socket to another', async () => {
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

test('what is no request gets the error that JSON-RPC has for it, and the connection goes on', async () => {
  const {folder, errors} = await serve({ping});
  const raw = new Raw(folder);
  const cases: [string, unknown][] = [
    ['garbage\n', error(-32700, null)],
    ['\0\u0001\u0002\n', error(-32700, null)],
    ['{'.repeat(100_000) + '\n', error(-32700, null)],
    ['{"jsonrpc":"2.0","id":1,\n', error(-32700, null)],
    ['null\n', error(-32600, null)],
    ['7\n', error(-32600, null)],
    ['{}\n', error(-32600, null)],
    ['[]\n', error(-32600, null)],
    ['[1,2]\n', [error(-32600, null), error(-32600, null)]],
    ['['.repeat(50_000) + ']'.repeat(50_000) + '\n', [error(-32600, null)]],
    ['[' + '1,'.repeat(100_000) + '1]\n', error(-32600, null)],
    [JSON.stringify({id: 1, method: 'ping'}) + '\n', error(-32600)],
    [JSON.stringify({jsonrpc: '2.0', id: {}, method: 'ping'}) + '\n', error(-32600, null)],
    [JSON.stringify({jsonrpc: '2.0', id: 1, method: 7}) + '\n', error(-32600)],
    [JSON.stringify(request('no-such')) + '\n', error(-32601)],
    [JSON.stringify(request('toString')) + '\n', error(-32601)],
    [JSON.stringify(request('__proto__')) + '\n', error(-32601)],
    [JSON.stringify(request('ps')) + '\n', error(-32601)],
    [JSON.stringify(request('ping', [])) + '\n', error(-32602)],
    [JSON.stringify(request('ping', {x: 1})) + '\n', error(-32602)],
    [
      `{"jsonrpc":"2.0","id":1,"method":"ping","params":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}}\n`,
      error(-32602),
    ],
    ['\n\n  \n' + JSON.stringify(request('ping')) + '\n', expect.objectContaining({result: ping()})],
  ];
  for (const [said, answer] of cases) {
    raw.say(said);
    expect(await raw.next(), said.slice(0, 60)).toEqual(answer);
  }
  expect(errors).toEqual([]);
});

test('bytes that are no text are answered, not fatal', async () => {
  const {folder} = await serve({ping});
  const raw = new Raw(folder);
  raw.socket.write(Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x0a]));
  expect(await raw.next()).toMatchObject({error: {code: -32700}});
  raw.say(request('ping'));
  expect(await raw.next()).toMatchObject({result: ping()});
});

test('parameters are checked, in words, before a handler sees them', async () => {
  const {folder} = await serve({
    stop: () => ({ok: true, outcomes: []}),
    nice: () => ({set: []}),
    scale: () => ({ok: true, outcomes: []}),
    alarm: () => ({instances: []}),
    add: () => ({ok: true, outcomes: []}),
  });
  const raw = new Raw(folder);
  const wrong: [string, unknown, RegExp][] = [
    ['stop', undefined, /stop: parameter targets is missing/],
    ['stop', {targets: []}, /targets: expected a list of at least one string/],
    ['stop', {targets: 'web'}, /targets/],
    ['stop', {targets: ['web', 7]}, /targets/],
    ['stop', {targets: ['a\0b']}, /targets/],
    ['stop', {targets: ['web'], timeoutMs: -1}, /timeoutMs: expected a number from 0/],
    ['stop', {targets: ['web'], timeout: 1}, /unknown parameter "timeout"; it takes targets, timeoutMs/],
    ['nice', {targets: ['web'], nice: 20}, /nice: expected a whole number from -20 to 19/],
    ['nice', {targets: ['web'], nice: '5'}, /nice/],
    ['scale', {counts: {web: 1.5}}, /counts/],
    ['scale', {counts: {'../x': 1}}, /counts: expected keys to be names of workers/],
    ['scale', {counts: [3]}, /counts: expected an object/],
    ['alarm', {target: 'web', seconds: null}, /seconds/],
    ['add', {argv: ['x'], cwd: '/', env: {'A=B': 'x'}}, /env/],
    ['add', {argv: ['x'], cwd: '/', env: {A: 1}}, /env/],
  ];
  for (const [method, params, words] of wrong) {
    raw.say(request(method, params));
    expect(await raw.next()).toMatchObject({
      error: {code: -32602, message: expect.stringMatching(words) as unknown},
    });
  }
  raw.say(request('scale', {counts: {constructor: 2}}));
  expect(await raw.next()).toMatchObject({result: {ok: true}});
});

test('a batch is answered as one, without the notifications in it', async () => {
  const {folder} = await serve({ping});
  const raw = new Raw(folder);
  raw.say([request('ping', {}, 'a'), {jsonrpc: '2.0', method: 'ping'}, request('nope', {}, 'b'), 5]);
  expect(await raw.next()).toEqual([
    {jsonrpc: '2.0', id: 'a', result: ping()},
    error(-32601, 'b'),
    error(-32600, null),
  ]);
  raw.say([{jsonrpc: '2.0', method: 'ping'}]);
  raw.say({jsonrpc: '2.0', method: 'no-such'});
  raw.say(request('ping', {}, 'last'));
  expect(await raw.next()).toMatchObject({id: 'last'});
});

test('a handler that fails is an answer and a report, never a crash', async () => {
  const {folder, errors} = await serve({
    ping: () => {
      throw new TypeError('oops');
    },
    down: () => Promise.reject(new RpcError(-32003, 'stopping', {nearest: 'x'})),
    // A result that is no JSON.
    ps: () => ({fleet: 1n}) as never,
  });
  const raw = new Raw(folder);
  raw.say(request('ping'));
  expect(await raw.next()).toEqual({jsonrpc: '2.0', id: 1, error: {code: -32603, message: 'internal error: oops'}});
  raw.say(request('down'));
  expect(await raw.next()).toEqual({
    jsonrpc: '2.0',
    id: 1,
    error: {code: -32003, message: 'stopping', data: {nearest: 'x'}},
  });
  raw.say(request('ps', {}, 3));
  expect(await raw.next()).toMatchObject({id: 3, error: {code: -32603}});
  expect(errors).toHaveLength(2);
});

test('20 MB without a newline end the connection with one error, and are not held', async () => {
  const {folder, server} = await serve({ping});
  const raw = new Raw(folder);
  const before = process.memoryUsage().rss;
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  for (let i = 0; i < 20; i++) raw.socket.write(chunk);
  expect(await raw.next()).toMatchObject({error: {code: -32600}});
  await raw.ended();
  await until('no connection', () => server.connections === 0);
  expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
});

test('a line of exactly the limit is taken', async () => {
  const {folder} = await serve({ping});
  const raw = new Raw(folder);
  const body = JSON.stringify(request('ping'));
  raw.say(body + ' '.repeat(MAX_REQUEST_BYTES - body.length) + '\n');
  expect(await raw.next()).toMatchObject({result: ping()});
  raw.say(body + ' '.repeat(MAX_REQUEST_BYTES - body.length + 1) + '\n');
  expect(await raw.next()).toMatchObject({error: {code: -32600}});
});

test('a watcher that does not read is dropped; others get everything', async () => {
  const {folder, server} = await serve({watch: () => ({seq: 0})});
  const deaf = new Raw(folder);
  deaf.say(request('watch', {}));
  await deaf.next();
  deaf.socket.pause();
  const good = new Raw(folder);
  good.say(request('watch', {}));
  await good.next();
  const filler = 'x'.repeat(100_000);
  const count = Math.ceil((2 * MAX_UNSENT_BYTES) / filler.length);
  for (let seq = 1; seq <= count; seq++) {
    server.broadcastEvent({seq, at: '', type: 'x', filler});
    expect(await good.next()).toMatchObject({params: {seq}});
  }
  await until('one connection', () => server.connections === 1);
});

test('a client that asks and asks and never reads is held back, then costs no more', async () => {
  let calls = 0;
  const big = 'x'.repeat(50_000);
  const {folder} = await serve({ping: () => ({...ping(), version: big, pid: ++calls})});
  const raw = new Raw(folder);
  raw.socket.pause();
  for (let i = 0; i < 2000; i++) raw.say(request('ping', {}, i));
  const other = new Raw(folder);
  other.say(request('ping'));
  await other.next();
  expect(calls * big.length).toBeLessThan(2 * MAX_UNSENT_BYTES);
});

test('clients that ask for much do not keep out one that asks for little', async () => {
  let calls = 0;
  const slow = (): ReturnType<typeof ping> => {
    for (const end = performance.now() + 2; performance.now() < end;);
    calls++;
    return ping();
  };
  const {folder} = await serve({ping: slow});
  const flood = Array.from({length: 10}, () => new Raw(folder));
  for (const raw of flood) raw.say(`${JSON.stringify(request('ping'))}\n`.repeat(200));
  await until('the flood to be served', () => calls > 10);
  const before = calls;
  const other = new Raw(folder);
  other.say(request('ping'));
  await other.next();
  // A turn or two of each of the others, and not all that they have asked for.
  expect(calls - before).toBeLessThan(200);
  for (const raw of flood) raw.socket.destroy();
});

test('too many requests under way are refused, and the place is free again after an answer', async () => {
  let release = (): void => undefined;
  const gate = new Promise<void>(resolve => (release = resolve));
  const {folder} = await serve({ping: () => gate.then(ping)});
  const raw = new Raw(folder);
  for (let id = 1; id <= MAX_UNDER_WAY + 1; id++) raw.say(request('ping', {}, id));
  expect(await raw.next()).toEqual(error(-32005, MAX_UNDER_WAY + 1));
  release();
  for (let i = 0; i < MAX_UNDER_WAY; i++) expect(await raw.next()).toMatchObject({result: ping()});
  raw.say(request('ping'));
  expect(await raw.next()).toMatchObject({result: ping()});
});

const busy = (underWay: number, words: RegExp) => ({
  jsonrpc: '2.0',
  id: null,
  error: {
    code: ErrorCode.busy,
    message: expect.stringMatching(words) as unknown,
    data: {connections: expect.any(Number) as unknown, underWay},
  },
});

test('when all places are taken, the longest idle connection is closed with an error, and the new one is served', async () => {
  const {folder, server} = await serve({ping});
  const idle = Array.from({length: MAX_CONNECTIONS}, () => new Raw(folder));
  for (const raw of idle) raw.say(request('ping'));
  for (const raw of idle) await raw.next();
  for (let id = 1; id <= 3; id++) {
    const raw = new Raw(folder);
    raw.say(request('ping', {}, id));
    expect(await raw.next()).toMatchObject({id, result: ping()});
    expect(server.connections).toBeLessThanOrEqual(MAX_CONNECTIONS);
  }
  const first = idle.filter(({closed}) => closed);
  expect(first.length).toBeGreaterThan(0);
  expect(await first[0]!.next()).toEqual(busy(0, /makes room.*clients are connected.*idle for/));
});

test('when nothing is idle, one process gets no more than its share, is told so, and the client retries or says why', async () => {
  let pid = 1;
  let calls = 0;
  const wait = () => {
    calls++;
    return new Promise<never>(() => undefined);
  };
  const {folder, server} = await serve({ping, wait}, {peerOf: () => ({uid: 4711, pid})});
  for (let n = 1; n <= MAX_CONNECTIONS - RESERVED; n++) {
    new Raw(folder).say(request('wait'));
    await until('it to be served', () => calls === n);
  }
  const refused = new Raw(folder);
  expect(await refused.next()).toEqual(busy(0, /clients are connected, \d+ of them from process 1,.*nothing was done/));
  const before = server.connections;
  const client = await connectFleet(folder);
  await expect(client.call('ping', {})).rejects.toMatchObject({name: 'BusyError', nothingDone: true});
  expect(server.connections).toBe(before);
  pid = 2;
  const other = await connectFleet(folder);
  expect(await other.call('ping', {})).toEqual(ping());
  other.close();
});

test('a stranger takes no place', async () => {
  let uid = 7;
  const {folder, server} = await serve({ping}, {peerOf: () => ({uid, pid: 1})});
  const strangers = Array.from({length: MAX_CONNECTIONS}, () => new Raw(folder));
  for (const raw of strangers) expect(await raw.next()).toBeNull();
  expect(server.connections).toBe(0);
  uid = 4711;
  const raw = new Raw(folder);
  raw.say(request('ping'));
  expect(await raw.next()).toMatchObject({result: ping()});
});

test('a stranger is cut off at once', async () => {
  for (const uid of [0, null]) {
    const {folder} = await serve({ping}, {peerOf: () => (uid === null ? null : {uid, pid: 1})});
    const raw = new Raw(folder);
    raw.say(request('ping'));
    expect(await raw.next()).toBeNull();
  }
});

test('a client that closes its half after asking still gets its answer', async () => {
  let release = (): void => undefined;
  const gate = new Promise<void>(resolve => (release = resolve));
  const {folder, server} = await serve({ping: () => gate.then(ping)});
  const raw = new Raw(folder, {allowHalfOpen: true});
  raw.socket.end(JSON.stringify(request('ping')) + '\n');
  await until('connected', () => server.connections === 1);
  release();
  expect(await raw.next()).toMatchObject({result: ping()});
  expect(await raw.next()).toBeNull();
});

test('a handler learns that an attached client is gone, though another request is under way', async () => {
  let gone = false;
  const {folder} = await serve({
    attach: (_params, {signal}) => {
      signal.addEventListener('abort', () => (gone = true));
      return {};
    },
    wait: () => new Promise(() => undefined),
  });
  const raw = new Raw(folder);
  raw.say(request('attach', {}, 1));
  expect(await raw.next()).toMatchObject({id: 1, result: {}});
  raw.say(request('wait', {}, 2));
  raw.socket.destroy();
  await until('gone', () => gone);
});

test('watch: the past is replayed, then the present follows, nothing twice and nothing left out', async () => {
  const record = (seq: number) => ({seq, at: '', type: 'x'});
  const {folder, server} = await serve({
    watch: async ({afterSeq = 0}, {replay}) => {
      for (let seq = afterSeq + 1; seq <= 5; seq++) {
        expect(replay(record(seq))).toBeNull();
        // Meanwhile life goes on.
        server.broadcastEvent(record(seq + 2));
        await Promise.resolve();
      }
      return {seq: 5};
    },
  });
  const raw = new Raw(folder);
  raw.say(request('watch', {afterSeq: 2}));
  const seen: number[] = [];
  let answered = false;
  while (!answered || seen.length < 6) {
    const message = (await raw.next()) as {id?: number; params?: {seq: number}};
    if (message.params) seen.push(message.params.seq);
    else answered = true;
    if (answered && seen.length === 5) server.broadcastEvent(record(8));
  }
  expect(seen).toEqual([3, 4, 5, 6, 7, 8]);
  raw.say(request('unwatch', {}, 9));
  expect(await raw.next()).toMatchObject({id: 9, result: {}});
  server.broadcastEvent(record(9));
  raw.say(request('unwatch', {}, 10));
  expect(await raw.next()).toMatchObject({id: 10});
});

test('close ends clients that read and clients that do not', async () => {
  const {folder, server} = await serve({ping});
  const raw = new Raw(folder);
  raw.say(request('ping'));
  await raw.next();
  const deaf = new Raw(folder);
  await until('both', () => server.connections === 2);
  deaf.socket.pause();
  await server.close();
  await until('none', () => server.connections === 0);
  await raw.ended();
});
