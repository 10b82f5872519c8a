/** The control server under load: oversized requests, slow readers, floods and a full table of connections. */
import {expect, test} from 'vitest';
import {MAX_CONNECTIONS, RESERVED} from '../../src/control/admission.ts';
import {connectFleet} from '../../src/control/connect.ts';
import {ErrorCode, MAX_REQUEST_BYTES, MAX_UNDER_WAY, MAX_UNSENT_BYTES} from '../../src/control/messages.ts';
import {Raw, serve, until} from './helpers.ts';
import {ping, request, error} from './serving.ts';

test('20 MB without a newline end the connection with one error, and are not kept in memory', async () => {
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

test('a line of exactly the limit is accepted', async () => {
  const {folder} = await serve({ping});
  const raw = new Raw(folder);
  const body = JSON.stringify(request('ping'));
  raw.say(body + ' '.repeat(MAX_REQUEST_BYTES - body.length) + '\n');
  expect(await raw.next()).toMatchObject({result: ping()});
  raw.say(body + ' '.repeat(MAX_REQUEST_BYTES - body.length + 1) + '\n');
  expect(await raw.next()).toMatchObject({error: {code: -32600}});
});

test('a watcher that does not read is disconnected; others get everything', async () => {
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

test('a client that sends requests without reading is throttled, and costs nothing more', async () => {
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

test('clients with many requests do not block a client with one', async () => {
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
  // A turn or two of each of the others, not all of their requests.
  expect(calls - before).toBeLessThan(200);
  for (const raw of flood) raw.socket.destroy();
});

test('too many concurrent requests are rejected, and a place is free again after a response', async () => {
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
  expect(await first[0]!.next()).toEqual(busy(0, /make room.*clients are connected.*idle for/));
});

test('when no connection is idle, a process gets only its share and an error, and the client retries or reports why', async () => {
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

test('a client of another user takes no place', async () => {
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

test('a client of another user is disconnected at once', async () => {
  for (const uid of [0, null]) {
    const {folder} = await serve({ping}, {peerOf: () => (uid === null ? null : {uid, pid: 1})});
    const raw = new Raw(folder);
    raw.say(request('ping'));
    expect(await raw.next()).toBeNull();
  }
});
