/** What workers and other processes write: sd_notify, /proc, sockets, events of the kernel that carry their names. */
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {parseBlockedCall} from '../../../src/ipc/blocked-calls.ts';
import {hidesIn} from '../../../src/ipc/hidden.ts';
import {locksInFdinfo, parseLocks} from '../../../src/ipc/lock-lines.ts';
import {inetRowOf, inetRowOfLine, unixRowOf, unixRowsOfText} from '../../../src/ipc/socket-rows.ts';
import {keyOf, parseTable} from '../../../src/ipc/system-v.ts';
import {joined, lasting, parseNotice} from '../../../src/keeper/notify/parse.ts';
import {decodeMessage} from '../../../src/posix/connector-messages.ts';
import {sharedMappingsIn} from '../../../src/posix/process-folder.ts';
import {commandIn} from '../../../src/process/command-line.ts';
import {entriesIn, valueIn} from '../../../src/process/environment.ts';
import {detailsIn} from '../../../src/process/proc-details.ts';
import {StatField, StatLine} from '../../../src/process/stat-line.ts';
import {parseStat} from '../../../src/process/stat.ts';
import {parseStatus} from '../../../src/process/status.ts';
import {project} from '../../end-to-end/harness.ts';
import {latin1, must, utf8, type Target} from './target.ts';

/** Files of that name of every recorded process. */
function recorded(name: string): Buffer[] {
  const root = join(project, 'fixtures', 'proc');
  return readdirSync(root, {recursive: true, encoding: 'utf8'})
    .filter(path => path.endsWith(`/${name}`))
    .slice(0, 40)
    .map(path => readFileSync(join(root, path)));
}

/** A file of this machine's, as far as it may be read. */
function here(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}

const notice: Target = {
  name: 'src/keeper/notify/parse.ts',
  samples: [
    'READY=1\nSTATUS=here we are\n',
    'WATCHDOG=1',
    'WATCHDOG=trigger\nERRNO=5\nEXIT_STATUS=17',
    'MAINPID=4711\nRELOADING=1\nMONOTONIC_USEC=123456',
    'STOPPING=1\nEXTEND_TIMEOUT_USEC=5000000\nWATCHDOG_USEC=30000000',
    `STATUS=${'é'.repeat(600)}`,
  ],
  pieces: [
    'READY=1',
    'STATUS=',
    'MAINPID=',
    'WATCHDOG=',
    'WATCHDOG_USEC=',
    'EXTEND_TIMEOUT_USEC=',
    'ERRNO=',
    '\n',
    'é',
    '=',
  ],
  frames: [['STATUS=', '']],
  take(input) {
    const {notice: said, mainPid} = parseNotice(input);
    must(mainPid === null || mainPid >= 0, 'a pid is a number');
    if (said === null) return;
    must(Buffer.byteLength(said.status ?? '') <= 1024 + 3, 'a status is short');
    must(!/\p{Cc}/u.test(said.status ?? ''), 'a status has no control characters');
    for (const number of [said.watchdogMs, said.extendMs, said.errno, said.exitStatus]) {
      must(number === undefined || Number.isFinite(number), 'numbers are finite');
    }
    lasting(joined(joined(null, said), said));
  },
};

const STATS = recorded('stat').filter(line => line.includes(')'));

const stat: Target = {
  name: 'src/process/stat.ts',
  samples: [...STATS, here('/proc/self/stat')],
  pieces: ['1 ', '(', ')', ') ', 'S ', 'Z ', '-1 ', '0 ', ' '],
  frames: [
    ['1 (', ') S 1 1 1'],
    ['1 (a) S ', ''],
  ],
  take(input) {
    const read = parseStat(latin1(input));
    must(read === null || typeof read.startTime === 'string', 'it has a start time');
  },
};

const line = new StatLine();
const statLine: Target = {
  name: 'src/process/stat-line.ts',
  samples: stat.samples,
  pieces: stat.pieces,
  frames: stat.frames ?? [],
  take(input) {
    const isLine = line.parse(input, input.length);
    if (!isLine) return;
    must(line.nameStart <= line.nameEnd && line.nameEnd <= input.length, 'the name lies in the line');
    for (const field of [StatField.pid, StatField.ppid, StatField.startTicks]) {
      must(!Number.isNaN(line.fields[field]), 'what is needed are numbers');
    }
    // Both readers of such lines agree about whose line it is.
    const other = parseStat(latin1(input));
    const pid = line.fields[StatField.pid] ?? 0;
    must(other !== null && (Math.abs(pid) > Number.MAX_SAFE_INTEGER || other.pid === pid), 'it is the same pid');
    const start = line.fields[StatField.startTicks] ?? 0;
    must(Math.abs(start) > Number.MAX_SAFE_INTEGER || Number(other.startTime) === start, 'it is the same start');
  },
};

const command: Target = {
  name: 'src/process/command-line.ts',
  samples: [...recorded('cmdline'), 'nginx: master process\0\0\0\0', here('/proc/self/cmdline')],
  pieces: ['\0', '\0\0\0\0', 'node\0', '--flag\0', 'é', ' '],
  frames: [
    ['a', '\0'],
    ['\0', 'a\0'],
  ],
  take(input) {
    const read = commandIn(utf8(input));
    must(!read.includes('\0'), 'no zero byte is left');
  },
};

const environment: Target = {
  name: 'src/process/environment.ts',
  samples: ['PATH=/bin\0BROOD_RUN=0123\0HOME=/\0', here('/proc/self/environ'), 'BROOD_RUN=', '=\0=a\0\0'],
  pieces: ['\0', 'BROOD_RUN=', 'BROOD_RUN', '=', 'a', 'XBROOD_RUN=1\0', '\0\0\0\0', 'é'],
  frames: [
    ['BROOD_RUN=', '\0'],
    ['A=', '\0BROOD_RUN=1'],
  ],
  take(input) {
    const value = valueIn(input, 'BROOD_RUN');
    must(value === null || !value.includes('\0'), 'a value ends with its entry');
    const first = entriesIn(input).find(([name]) => name === 'BROOD_RUN');
    must((first === undefined) === (value === null), 'both find the same entry');
    must(first === undefined || Buffer.from(value ?? '', 'latin1').toString() === first[1], 'and the same value');
  },
};

const status: Target = {
  name: 'src/process/status.ts',
  samples: [...recorded('status'), here('/proc/self/status'), 'Name:\tPPid:\t1\\nUid:\t0\t\n'],
  pieces: ['PPid:\t', 'Uid:\t', '0\t', '\n', '1', 'Name:\t', '99999999999'],
  frames: [
    ['PPid:\t', '\nUid:\t0\t0\n'],
    ['PPid:\t1\nUid:\t', '\t'],
  ],
  take(input) {
    const read = parseStatus(latin1(input));
    must(read === null || (read.ppid >= 0 && read.uid >= 0), 'both are numbers');
  },
};

const details: Target = {
  name: 'src/process/proc-details.ts',
  samples: [...recorded('status'), ...recorded('cgroup'), here('/proc/self/status'), '0::/system.slice/a b\n'],
  pieces: ['Uid:\t0\t0\t0\t0\n', 'VmLck:\t       0 kB\n', 'Name:\t', '0::', '/', '0::/\n', '\n', '\t'],
  frames: [
    ['Uid:', ''],
    ['VmLck:', ' kB'],
    ['0::', ''],
  ],
  take(input) {
    const {uid, lockedBytes, command: read} = detailsIn(latin1(input), utf8(input), utf8(input));
    must(uid === null || uid >= 0, 'a uid is a number');
    must(lockedBytes === null || lockedBytes >= 0, 'locked memory is a number');
    must(read === null || !read.includes('\0'), 'no zero byte is left');
  },
};

const locks: Target = {
  name: 'src/ipc/lock-lines.ts',
  samples: [
    here('/proc/locks'),
    '1: POSIX  ADVISORY  WRITE 4711 fe:00:123456 0 EOF\n1: -> POSIX  ADVISORY  READ 4712 fe:00:123456 0 9\n',
    'pos:\t0\nflags:\t0100002\nlock:\t1: FLOCK  ADVISORY  WRITE 99 00:19:7 0 EOF\n',
    '2: OFDLCK ADVISORY  READ -1 fe:00:1 3 4\n3: LEASE  ACTIVE    READ 1 fe:00:1 0 EOF\n',
  ],
  pieces: ['1: ', '-> ', 'POSIX ', 'FLOCK ', 'ADVISORY ', 'WRITE ', '4711 ', 'fe:00:1 ', '0 EOF', '\n', 'lock:\t'],
  frames: [
    ['1: ', ' POSIX'],
    ['1: POSIX ', ' ADVISORY WRITE 1 fe:00:1 0 EOF'],
  ],
  take(input) {
    for (const lock of [...parseLocks(latin1(input)), ...locksInFdinfo(latin1(input))]) {
      must(!Number.isNaN(lock.start) && !Number.isNaN(lock.end), 'a range is made of numbers');
    }
  },
};

const INET =
  '  0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1 0000000000000000 100 0 0 10 0\n';
const INET6 =
  '   1: 00000000000000000000000001000000:0277 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 999 1 0\n';
const UNIX =
  'Num       RefCount Protocol Flags    Type St Inode Path\n' +
  '0000000000000000: 00000002 00000000 00010000 0001 01 23456 /run/a b.sock\n' +
  '0000000000000000: 00000003 00000000 00000000 0001 03 23457\n' +
  '0000000000000000: 00000002 00000000 00000000 0002 01 23458 @abstract\n0000: not a line\n';

const inetLines: Target = {
  name: 'src/ipc/socket-rows.ts, /proc/net/tcp',
  samples: [INET, INET6, here('/proc/net/tcp'), here('/proc/net/tcp6'), here('/proc/net/udp')],
  pieces: ['0: ', '0100007F', ':', '1F90 ', '0A ', '00000000 ', '12345 ', '\n'],
  take(input) {
    for (const text of latin1(input).split('\n')) inetRowOfLine(text);
  },
};

const unixText: Target = {
  name: 'src/ipc/socket-rows.ts, /proc/net/unix',
  samples: [UNIX, here('/proc/net/unix').subarray(0, 4000)],
  pieces: ['0000000000000000: ', '00000002 ', '00010000 ', '0001 ', '01 ', '23456 ', '@', '/run/x', '\n'],
  frames: [['0000000000000000: 00000002 00000000 00010000 0001 01 23456 ', '\n']],
  take: input => void unixRowsOfText(latin1(input)),
};

/** struct unix_diag_msg with a name, a peer and two connections that wait. */
const UNIX_MESSAGE = Buffer.from(
  '010101000f5b0000000000000000000009000000'.slice(0, 32) +
    '0a0000002f72756e2f78000008000200115b00000c000300125b0000135b0000',
  'hex',
);
const unixMessage: Target = {
  name: 'src/ipc/socket-rows.ts, unix_diag',
  samples: [UNIX_MESSAGE, Buffer.concat([UNIX_MESSAGE, UNIX_MESSAGE.subarray(16)])],
  pieces: ['\x08\0\x02\0', '\x04\0\x00\0', '\x0c\0\x03\0', '\x01\x01\x01\0', '\x05\0\0\0a\0\0\0'],
  frames: [['\x01\x01\x01\0\0\0\0\0\0\0\0\0\0\0\0\0', '']],
  take(input) {
    const row = unixRowOf(input);
    must(row === null || Number.isInteger(row.inode), 'an inode is a number');
  },
};
const inetMessage: Target = {
  name: 'src/ipc/socket-rows.ts, inet_diag',
  samples: [
    Buffer.concat([Buffer.from([2, 10, 0, 0, 0x1f, 0x90, 0, 0, 127, 0, 0, 1]), Buffer.alloc(60)]),
    Buffer.alloc(72, 10),
  ],
  pieces: ['\x02', '\x0a', '\0\0\0\0', '\x7f\0\0\x01'],
  take(input) {
    const row = inetRowOf(input);
    must(row === null || Number.isInteger(row.inode), 'an inode is a number');
  },
};

const tables: Target = {
  name: 'src/ipc/system-v.ts',
  samples: [
    here('/proc/sysvipc/msg'),
    here('/proc/sysvipc/shm'),
    '       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n      4660          3   600          1     0     0     0     0          0 1700000000\n',
  ],
  pieces: ['key', 'msqid', ' ', '0 ', '-1 ', '4660 ', '\n'],
  frames: [['key semid\n', '']],
  take(input) {
    for (const row of parseTable(latin1(input))) keyOf(row);
  },
};

const maps: Target = {
  name: 'src/posix/process-folder.ts, maps',
  samples: [
    here('/proc/self/maps'),
    '7f00-7f10 rw-s 00000000 00:01 4711                       /SYSV00001234 (deleted)\n7f20-7f30 r--s 0 fe:00 7 /a\\012b\n',
  ],
  pieces: ['7f00-7f10 ', 'rw-s ', '00000000 ', 'fe:00 ', '4711 ', '/x', ' ', '\n', '\\012'],
  frames: [
    ['7f00-7f10 rw-s 0 fe:00 1 ', '/x'],
    ['7f00-7f10 rw-s 0 fe:00 1 /', ''],
  ],
  take(input) {
    for (const {inode} of sharedMappingsIn(latin1(input))) must(!Number.isNaN(inode), 'an inode is a number');
  },
};

const small: Target = {
  name: 'src/ipc/{blocked-calls,hidden}.ts',
  samples: ['70 0x1 0x7f00 0x0 0x0 0x0 0x0 0x7ffc 0x7f0', 'running', here('/proc/self/mountinfo')],
  pieces: ['70 ', '0x1 ', '22 1 0:21 / /proc rw - proc proc rw,hidepid=2', ' - proc ', ',', 'hidepid=', '\n'],
  frames: [
    ['1 1 0:1 / /proc rw - proc ', ''],
    ['1 1 0:1 / /proc rw - proc a ', ''],
  ],
  take(input) {
    parseBlockedCall(latin1(input));
    hidesIn(latin1(input));
  },
};

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
/** As Linux 6.18 sent them: a fork, an exit, an answer. */
const EVENTS = [
  '4c0000000300000061f9000000000000010000000100000061f90000000000002800000001000000010000003a8b6adba71f0000e17c0000e17c00003e2c00003e2c00000000000000000000',
  '4c000000030000006af900000000000001000000010000006af9000000000000280000000000008001000000495d02e3a71f0000422c0000422c00000007000011000000df7c0000df7c0000',
  '4c0000000300000044000000000000000100000001000000440000006400000028000000000000000100000d352c22ed91e0000000000000000000000000000000000000000000000000000',
].map(text => hex(text.length % 2 === 0 ? text : `${text}0`));
const connector: Target = {
  name: 'src/posix/connector-messages.ts',
  samples: EVENTS,
  pieces: ['\x4c\0\0\0\x03\0\0\0', '\x01\0\0\0\x01\0\0\0', '\x28\0\0\0', '\0\x02\0\0', '\0\0\0\x80'],
  take(input) {
    const event = decodeMessage(input);
    must(event === null || event.type === 'answer' || Number.isInteger(event.pid), 'a pid is a number');
  },
};

export const workerTargets: readonly Target[] = [
  notice,
  stat,
  statLine,
  command,
  environment,
  status,
  details,
  locks,
  inetLines,
  unixText,
  unixMessage,
  inetMessage,
  tables,
  maps,
  small,
  connector,
];
