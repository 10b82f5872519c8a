/** What stands in a fleet's folder and comes over its socket: written by brood itself, by clients, and by bad disks. */
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {RpcError} from '../../../src/control/errors.ts';
import {readFleet} from '../../../src/control/find.ts';
import {lines, parseRecord} from '../../../src/journal/read.ts';
import {LineSplitter} from '../../../src/control/line-splitter.ts';
import {readLock} from '../../../src/control/lock.ts';
import {ErrorCode} from '../../../src/control/messages.ts';
import {isMethod, validateParams} from '../../../src/control/params.ts';
import {Rpc} from '../../../src/control/rpc.ts';
import {inFolder} from '../../../src/control/folder.ts';
import {checkJournal} from '../../../src/journal/repair.ts';
import {SnapshotFile} from '../../../src/controller/state/snapshot-file.ts';
import {decodeRecord, encodeRecord} from '../../../src/controller/state/snapshot-record.ts';
import {decodeFound, encodeSaved} from '../../../src/controller/state/launch.ts';
import {parseArguments} from '../../../src/keeper/arguments.ts';
import {Lines} from '../../../src/link/lines.ts';
import {parseSpawnRecord} from '../../../src/keeper/runs/record.ts';
import {LineCutter} from '../../../src/logs/line-cutter.ts';
import {TimeIndex} from '../../../src/logs/time-index.ts';
import {rateLimitsFor, restoreCore, SnapshotError} from '../../../src/supervisor/index.ts';
import {CALENDAR} from '../../simulation/calendar.ts';
import {Bench, worker} from '../../supervisor/harness.ts';
import {must, utf8, type Target} from './target.ts';

/** In memory where that can be: a disk would take most of the time. */
const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'brood-fuzz-'));
mkdirSync(join(folder, 'runs'));
const scratch = openSync(join(folder, 'scratch'), 'w+');
export function removeStateFolder(): void {
  closeSync(scratch);
  rmSync(folder, {recursive: true, force: true});
}
/** Puts the input into a file, and answers its descriptor. */
function inFile(input: Buffer): number {
  ftruncateSync(scratch, 0);
  writeSync(scratch, input, 0, input.length, 0);
  return scratch;
}

const JSON_PIECES = [
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  '"',
  '\\',
  '"a"',
  'null',
  'true',
  '1',
  '-1.5e3',
  '\n',
  '"\\ud800"',
  ' ',
];

const answers: string[] = [];
const failures: unknown[] = [];
const rpc = new Rpc({
  call: (method, params) => {
    // As a connection does it: what is no method's, and what no method takes, is refused in words.
    if (!isMethod(method)) return Promise.reject(new RpcError(ErrorCode.methodNotFound, 'no such method'));
    try {
      validateParams(method, params);
      return Promise.resolve({});
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  },
  write: line => void answers.push(line),
  onError: error => void failures.push(error),
  done: () => undefined,
});
const REQUESTS = [
  '{"jsonrpc":"2.0","id":1,"method":"ps","params":{}}',
  '{"jsonrpc":"2.0","id":"x","method":"stop","params":{"targets":["web","db/1"],"timeoutMs":5000}}',
  '{"jsonrpc":"2.0","method":"add","params":{"argv":["sleep","1"],"cwd":"/","env":{"A":"b"}}}',
  '[{"jsonrpc":"2.0","id":2,"method":"scale","params":{"counts":{"web":3}}},{"jsonrpc":"2.0","id":3,"method":"ping"}]',
  '{"jsonrpc":"2.0","id":4,"method":"upgrade","params":{"code":"0123456789abcdef"}}',
];
const protocol: Target = {
  name: 'src/control/{rpc,params}.ts',
  samples: REQUESTS,
  pieces: [
    ...JSON_PIECES,
    '"jsonrpc":"2.0"',
    '"id":',
    '"method":',
    '"params":',
    '"targets":',
    '"stop"',
    '"__proto__":',
  ],
  frames: [
    ['{"jsonrpc":"2.0","id":1,"method":"', '"}'],
    ['{"jsonrpc":"2.0","id":1,"method":"stop","params":{"targets":["', '"]}}'],
  ],
  async take(input) {
    answers.length = 0;
    failures.length = 0;
    rpc.handleLine(utf8(input));
    for (let turn = 0; turn < 200 && (rpc.underWay > 0 || turn < 4); turn++) await Promise.resolve();
    must(rpc.underWay === 0, 'each request is done');
    must(failures.length === 0, `nothing unexpected is thrown: ${String(failures[0])}`);
    for (const answer of answers) {
      must(answer.endsWith('\n') && !answer.slice(0, -1).includes('\n'), 'an answer is a line');
      JSON.parse(answer);
    }
  },
};

/** In pieces of all lengths, as a stream brings it. */
function* chunksOf(input: Buffer): Generator<Buffer> {
  for (let at = 0, size = 1; at < input.length; at += size, size = (size * 5) % 4_093)
    yield input.subarray(at, at + size);
}

const LIMIT = 1_000_000;
const splitter: Target = {
  name: 'src/control/line-splitter.ts',
  samples: [REQUESTS.join('\n'), '\n\n\n', 'é\n\u2028\n'],
  pieces: ['a', '\n', '\r\n', 'é'],
  take(input) {
    const found: string[] = [];
    const own = new LineSplitter(LIMIT);
    for (const chunk of chunksOf(input))
      must(
        own.push(chunk, one => void found.push(one)),
        'no line is too long',
      );
    const all = input.subarray(0, input.lastIndexOf(10) + 1);
    must(found.map(one => `${one}\n`).join('') === all.toString(), 'all that came is there');
  },
};

const link: Target = {
  name: 'src/link/lines.ts',
  samples: splitter.samples,
  pieces: splitter.pieces,
  take(input) {
    const found: string[] = [];
    const own = new Lines(one => void found.push(one));
    const text = utf8(input);
    for (let at = 0, size = 1; at < text.length; at += size, size = (size * 5) % 4_093)
      own.push(text.slice(at, at + size));
    must(found.map(one => `${one}\n`).join('') === text.slice(0, text.lastIndexOf('\n') + 1), 'all that came is there');
  },
};

const RECORD = [
  {
    intent: {
      token: 'b'.repeat(32),
      id: 'w/1',
      boot: 'x',
      logFolder: '/l',
      logMaxSize: 1000,
      logStart: {out: 1, err: 2},
      stopSignal: 'SIGINT',
      stopTimeoutMs: 500,
      sockets: [{name: 'http', address: '127.0.0.1:80'}],
      limits: {memory: 5, cpu: null},
      owner: {uid: 1, gid: 1},
    },
  },
  {started: {pid: 4711, startTime: '123', startedAt: 1.7e12, cgroup: '/sys/fs/cgroup/a'}},
  {ready: true},
  {exit: {code: null, signal: 'SIGKILL', at: 1.7e12}},
  {cleared: {proof: 'cgroup', survivors: []}},
].map(one => `\n${JSON.stringify(one)}\n`);
const record: Target = {
  name: 'src/keeper/runs/record.ts',
  samples: [RECORD.join(''), RECORD.slice(0, 2).join('')],
  pieces: [...JSON_PIECES, ...RECORD, '"intent":', '"started":', '"exit":', '"pid":', '"cleared":'],
  frames: [['{"intent":', '}\n']],
  take(input) {
    const {intent, started, exit, cleared} = parseSpawnRecord('t', utf8(input));
    must(
      intent !== null || (started === null && exit === null && cleared === null),
      'without an intent there is nothing',
    );
    must(typeof (intent?.logStart.out ?? 0) === 'number', 'a beginning is a number');
    must(started === null || Number.isInteger(started.pid), 'a pid is a number');
    must(exit === null || typeof exit.at === 'number', 'an end has a time');
  },
};

const JOURNAL = [
  '{"seq":1,"at":"2024-05-01T12:00:00.000Z","type":"up","fleet":"t"}\n',
  '{"seq":2,"at":"2024-05-01T12:00:01.000Z","type":"exited","worker":"w","instance":1,"code":3}\n',
];
const journal: Target = {
  name: 'src/journal/read.ts, src/journal/repair.ts',
  samples: [JOURNAL.join(''), `{"seq":3,"at":"x","ty${JOURNAL[1] ?? ''}`, JOURNAL.join('').repeat(20)],
  pieces: [...JSON_PIECES, '{"seq":', '"at":', '"type":', '{"seq"', '\n{"seq":9,"at":"","type":""}'],
  frames: [['{"seq":1,"at":"', '"}\n']],
  take(input) {
    const fd = inFile(input);
    const {seq, whole, torn, damaged} = checkJournal(fd);
    must(Number.isFinite(seq) && seq >= 0, 'the last number is one');
    must(whole + torn === input.length && damaged >= 0, 'each byte is whole or torn');
    for (const one of lines(fd, 0)) {
      const found = parseRecord(one);
      must(found === null || !Number.isNaN(found.seq), 'what is read has a number');
    }
  },
};

const bench = new Bench(worker('web', {instances: 2}), worker('db'));
for (const id of ['web/1', 'web/2']) bench.spawned(id);
const SAVED = {boot: 'b', launch: 'l', seq: 7, keeper: 1, attached: false, clients: [], upSince: 1.7e12};
const CORE = bench.core.snapshot();
const WHOLE = encodeSaved(SAVED, CORE, JOURNAL.join(''));
const WHOLE_RECORD = encodeRecord({isWhole: true, number: 1n << 20n, text: WHOLE});
const CHANGE_RECORD = encodeRecord({isWhole: false, number: (1n << 20n) + 1n, text: WHOLE.slice(0, 300)});

const half: Target = {
  name: 'src/controller/state/snapshot-record.ts',
  samples: [WHOLE_RECORD, Buffer.concat([WHOLE_RECORD, CHANGE_RECORD, Buffer.alloc(200)]), CHANGE_RECORD],
  pieces: ['BROODSN2', 'BROODCH2', 'BROODSN1', '\0\0\0\0', '\xff\xff\xff\xff'],
  take(input) {
    for (let at = 0; at < input.length;) {
      const found = decodeRecord(input, at);
      if (found === null || found === 'damaged') break;
      must(found.bytes > 0 && at + found.bytes <= input.length, 'it lies within the file');
      at += found.bytes;
    }
  },
};

const halves: Target = {
  name: 'src/controller/state/snapshot-file.ts',
  samples: half.samples,
  pieces: half.pieces,
  take(input) {
    const middle = input.length >> 1;
    writeFileSync(inFolder.snapshot(folder, 0), input);
    writeFileSync(inFolder.snapshot(folder, 1), input.subarray(middle));
    const {damaged, changes} = new SnapshotFile(folder).readSnapshot();
    must(damaged >= 0 && damaged <= 2 && Array.isArray(changes), 'so many halves there are');
  },
};

const coreOptions = {newToken: () => 't', random: () => 0.5, calendar: CALENDAR, limits: rateLimitsFor(1)};
const snapshot: Target = {
  name: 'src/controller/state/launch.ts, src/supervisor/{snapshot,restore}.ts',
  samples: [WHOLE, CORE, `${WHOLE}\x01${WHOLE}`],
  pieces: [
    ...JSON_PIECES,
    '"version":1',
    '"instances":',
    '"workers":',
    '"fleet":',
    '"groups":',
    '"run":',
    '"spec":',
    '\x01',
  ],
  frames: [['{"boot":"b"}\n{"version":1,"workers":[', ']}\n']],
  // They say of themselves that they throw these; a controller then begins anew, and keeps what it could not read.
  declared: error => error instanceof SnapshotError || error instanceof SyntaxError,
  take(input) {
    // The checksum is right: a text as another version might have written it, and changes to it.
    const [whole = '', ...changes] = utf8(input).split('\x01');
    const found = decodeFound(whole, changes, 'b');
    restoreCore(found?.core ?? whole, coreOptions);
  },
};

const folderFiles: Target = {
  name: 'src/control/{lock,find}.ts',
  samples: [
    '{"pid":4711,"startTime":"123","anchor":4710,"anchorStartTime":"99"}\n',
    '{"name":"shop","file":"/srv/brood.yaml","dir":"/srv","id":"shop-1","launch":"x","only":null,"attached":false}',
  ],
  pieces: [...JSON_PIECES, '"pid":', '"startTime":', '"anchor":', '"name":', '"file":'],
  take(input) {
    writeFileSync(inFolder.lock(folder), input);
    writeFileSync(inFolder.fleet(folder), input);
    const lock = readLock(folder);
    must(lock === null || (Number.isInteger(lock.pid) && lock.pid > 0), 'a pid is one');
    const fleet = readFleet(folder);
    must(fleet === null || typeof fleet.name === 'string', 'a fleet has a name');
  },
};

const keeperArguments: Target = {
  name: 'src/keeper/arguments.ts',
  samples: [
    '--launch=x\0/f\0--anchor=12\0--ending\0--launched',
    '/f\0--replaced={"lock":3,"upgrade":null,"sockets":[],"failed":null}\0--check',
  ],
  pieces: ['--', '--anchor=', '--launch', '--replaced=', '{}', '\0', '=', '/f', ...JSON_PIECES],
  // An image of the keeper gives them to the next one; nobody else does.
  declared: error => error instanceof SyntaxError,
  take(input) {
    const read = parseArguments(utf8(input).split('\0'));
    must(typeof read.folder === 'string', 'a folder is text');
  },
};

const index: Target = {
  name: 'src/logs/time-index.ts',
  samples: [
    '0 1714564800000\n4096 1714564801000\n9000 1714564802500\n',
    '0 1714564800000\n'.repeat(3),
    '12 17145\n5 1714564800000\n',
  ],
  pieces: ['0 ', '1714564800000', '\n', '4096 1714564801000\n', '9', ' '],
  take(input) {
    const own = new TimeIndex(inFile(input), 7);
    const found = own.find(({offset}) => offset > 4_000);
    must(found === null || found.offset > 4_000, 'what is found is what was looked for');
    own.seek(5_000);
    for (const offset of [5_000, 6_000, 90_000]) must(own.timeOf(offset) >= 7, 'a time is one');
    own.knows(100_000);
  },
};

const cutter: Target = {
  name: 'src/logs/line-cutter.ts',
  samples: ['one\ntwo\n', 'é'.repeat(200), Buffer.concat([Buffer.from('a\n'), Buffer.alloc(70_000, 'x')])],
  pieces: ['a', '\n', 'é', '\xff', '\0'],
  take(input) {
    const own = new LineCutter();
    let bytes = 0;
    let base = 0;
    for (const chunk of chunksOf(input)) {
      for (const {line: text, partial} of own.push(chunk, base, () => 1)) bytes += text.length + (partial ? 0 : 1);
      base += chunk.length;
    }
    bytes += own.flushRest()?.line.length ?? 0;
    // A character has at least as many bytes as units; what is no UTF-8 is replaced by one.
    must(bytes <= input.length + 1, 'no more comes out than went in');
  },
};

export const stateTargets: readonly Target[] = [
  protocol,
  splitter,
  link,
  record,
  journal,
  half,
  halves,
  snapshot,
  folderFiles,
  keeperArguments,
  index,
  cutter,
];
