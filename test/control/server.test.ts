import {expect, test} from 'vitest';
import {RpcError} from '../../src/control/errors.ts';
import {Raw, serve, until} from './helpers.ts';
import {ping, request, error} from './serving.ts';

test('an invalid request gets the error that JSON-RPC defines for it, and the connection stays open', async () => {
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

test('bytes that are no text get an error response and are not fatal', async () => {
  const {folder} = await serve({ping});
  const raw = new Raw(folder);
  raw.socket.write(Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x0a]));
  expect(await raw.next()).toMatchObject({error: {code: -32700}});
  raw.say(request('ping'));
  expect(await raw.next()).toMatchObject({result: ping()});
});

test('parameters are checked, with an explanation, before a handler gets them', async () => {
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
    ['stop', {targets: ['web'], timeout: 1}, /unknown parameter "timeout"; expected targets, timeoutMs/],
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

test('a batch gets one response, without the notifications in it', async () => {
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

test('a handler that fails causes an error response and a report, never a crash', async () => {
  const {folder, errors} = await serve({
    ping: () => {
      throw new TypeError('oops');
    },
    down: () => Promise.reject(new RpcError(-32003, 'stopping', {nearest: 'x'})),
    // A result that can't be JSON.
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

test('a client that closes its half after a request still gets its response', async () => {
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

test('a handler is notified when an attached client has disconnected, even with another request under way', async () => {
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

test('watch replays the past and continues with the present, without repeats or gaps', async () => {
  const record = (seq: number) => ({seq, at: '', type: 'x'});
  const {folder, server} = await serve({
    watch: async ({afterSeq = 0}, {replay}) => {
      for (let seq = afterSeq + 1; seq <= 5; seq++) {
        expect(replay(record(seq))).toBeNull();
        // New events arrive in the meantime.
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

test('close disconnects clients that read and clients that do not', async () => {
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
