/** What other programs answer: a controller, ps(1), the name service, a keeper that has ended its fleet. */
import childProcess from 'node:child_process';
import {Duplex} from 'node:stream';
import type {Socket} from 'node:net';
import {Client} from '../../../src/control/client.ts';
import {leftIn} from '../../../src/control/left.ts';
import {Rows} from '../../../src/process/rows.ts';
import {namesIn} from '../../../src/process/users.ts';
import {latin1, must, utf8, type Target} from './target.ts';

/** What a client uses of a socket. */
class Line extends Duplex {
  override _read(): void {
    // What comes is pushed.
  }
  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}

const ANSWERS = [
  '{"jsonrpc":"2.0","id":1,"result":{"ok":true}}\n',
  '{"jsonrpc":"2.0","id":2,"error":{"code":-32601,"message":"no such method","data":null}}\n',
  '{"jsonrpc":"2.0","method":"progress","params":{"request":1,"waiting":[{"id":"w/1"}]}}\n',
  '{"jsonrpc":"2.0","method":"progress","params":{"request":{"toString":1},"waiting":[]}}\n',
  '{"jsonrpc":"2.0","method":"event","params":{"seq":1,"at":"2024-05-01T12:00:00.000Z","type":"up"}}\n',
  '{"jsonrpc":"2.0","id":null,"error":{"code":-32002,"message":"busy","data":{"underWay":0}}}\n',
];
const client: Target = {
  name: 'src/control/client.ts',
  samples: [ANSWERS.join(''), ...ANSWERS],
  pieces: [
    ...ANSWERS,
    '{"id":1',
    '{"toString":1}',
    '"request":',
    '"params":',
    '"error":',
    '{',
    '}',
    '[',
    ',',
    '"',
    '\n',
  ],
  frames: [
    ['{"id":1,"result":"', '"}\n'],
    ['{"method":"progress","params":{"waiting":[],"request":[', ']}}\n'],
  ],
  async take(input) {
    const line = new Line();
    // `as`: of a socket a client uses no more than this.
    const own = new Client(line as unknown as Socket);
    const told: unknown[] = [];
    own.onEvent(record => told.push(record));
    const calls = [own.call('ping', {}, {onProgress: waiting => told.push(waiting)}), own.call('ps', {})];
    const ended = Promise.allSettled(calls);
    // Its own listener takes it, in this turn: what that throws would end the program.
    line.emit('data', input);
    line.emit('close');
    for (const one of await ended)
      must(one.status === 'fulfilled' || one.reason instanceof Error, 'each call is answered or refused');
    for (const one of told) must(typeof one === 'object' && one !== null, 'what is told is an event or a list');
  },
};

const left: Target = {
  name: 'src/control/left.ts',
  samples: ['["4711 sleep","4712 node"]', '[]', '[{"toString":1}]'],
  pieces: ['[', ']', '"4711 sleep"', ',', '{"toString":1}', '"', '1'],
  declared: error => error instanceof SyntaxError,
  take(input) {
    const {survivors, doubts} = leftIn(utf8(input));
    for (const word of [...survivors, ...(doubts ?? []).map(({words}) => words)])
      must(typeof word === 'string', 'a word is text');
  },
};

const users: Target = {
  name: 'src/process/users.ts',
  samples: [
    'root:x:0:0:root:/root:/bin/bash\nwww-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n',
    'a:x:1000:1000:é,,,:/home/a:/bin/sh\nb:x:1000:1000::/:\n+::::::\n',
  ],
  pieces: ['root', ':', 'x', '0', '1000', '\n', '::', '-1', 'é'],
  frames: [
    ['', ':x:0:0'],
    ['root:x:', ':0'],
  ],
  take(input) {
    for (const [uid, name] of namesIn(utf8(input))) must(uid >= 0 && name !== '', 'each has a number and a name');
  },
};

/** What ps(1) is made to write. It is replaced before what calls it is loaded. */
let written = '';
const {execFile} = childProcess;
Reflect.set(childProcess, 'execFile', (...given: unknown[]) => {
  const done = given.at(-1);
  if (typeof done === 'function') process.nextTick(done, null, {stdout: written, stderr: ''});
});
const {default: psList} = await import('ps-list');
const {storeAll} = await import('../../../src/process/portable-source.ts');
Reflect.set(childProcess, 'execFile', execFile);

const ps: Target = {
  name: 'src/process/portable-source.ts',
  samples: [
    '    1     0     0  0.0  0.1 Mon Jan  1 00:00:00 2024 systemd\n 4711     1  1000 12.5  3.0 Tue Feb 29 12:34:56 2028 a b\n',
    '    1 /sbin/init splash\n 4711 node server.js --title=x y\n',
  ],
  pieces: ['1 ', '0 ', '0.0 ', 'Mon Jan  1 00:00:00 2024 ', 'sh', '\n', ' ', '/bin/sh ', '"', 'é'],
  frames: [
    ['1 0 0 0.0 0.0 Mon Jan  1 00:00:00 2024 ', ''],
    ['1 ', '\n'],
  ],
  async take(input) {
    written = latin1(input);
    const told = await psList();
    const rows = new Rows();
    storeAll(rows, new Map(told.map(one => [one.pid, one])));
    must(rows.count <= told.length, 'nobody is told of who is not there');
    for (let n = 0; n < rows.count; n++) must(typeof rows.name(rows.at(n)) === 'string', 'a name is text');
  },
};

export const answerTargets: readonly Target[] = [client, left, users, ps];
