/** The kernel's data in text and messages, with untrusted contents. */
import fc from 'fast-check';
import {expect, test} from 'vitest';
import {addressText} from '../../src/ipc/address.ts';
import {parseBlockedCall} from '../../src/ipc/blocked-calls.ts';
import {locksInFdinfo, parseLocks} from '../../src/ipc/lock-lines.ts';
import {signalsIn} from '../../src/ipc/signal.ts';
import {inetRowOf, inetRowOfLine, unixRowOf, unixRowsOfText} from '../../src/ipc/socket-rows.ts';
import {keyOf, parseTable} from '../../src/ipc/system-v.ts';
import {sharedMappingsIn} from '../../src/posix/process-folder.ts';

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

test('IPv6 addresses are formatted as in RFC 5952 and in URLs', () => {
  const groups = fc.array(fc.oneof(fc.constant(0), fc.integer({min: 0, max: 0xffff})), {minLength: 8, maxLength: 8});
  fc.assert(
    fc.property(groups, words => {
      fc.pre(!(words.slice(0, 5).every(word => word === 0) && words[5] === 0xffff));
      const bytes = Buffer.alloc(16);
      words.forEach((word, i) => bytes.writeUInt16BE(word, i * 2));
      expect(addressText(latin1(bytes))).toBe(
        new URL(`http://[${words.map(word => word.toString(16)).join(':')}]`).hostname,
      );
    }),
    {numRuns: 2000},
  );
});

test('an IPv4 address mapped into IPv6 is formatted as IPv4', () => {
  expect(addressText(latin1(Buffer.from('00000000000000000000ffff7f000001', 'hex')))).toBe('127.0.0.1');
  expect(addressText(latin1(Uint8Array.of(10, 0, 0, 255)))).toBe('10.0.0.255');
});

test('lines of /proc/net/tcp and tcp6 are parsed', () => {
  const line =
    '   0: 0100007F:1F90 0200000A:C001 01 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0000000000000000 20';
  expect(inetRowOfLine(line)).toEqual({
    inode: 4711,
    local: '127.0.0.1:8080',
    remote: '10.0.0.2:49153',
    state: 'ESTABLISHED',
  });
  const mapped = line
    .replace('0100007F', '0000000000000000FFFF00000100007F')
    .replace('0200000A', '00000000000000000000000001000000');
  expect(inetRowOfLine(mapped)).toMatchObject({local: '127.0.0.1:8080', remote: '[::1]:49153'});
  expect(
    inetRowOfLine('  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'),
  ).toBeNull();
  expect(inetRowOfLine('')).toBeNull();
});

test('sock_diag: a TCP message is parsed', () => {
  const message = Buffer.alloc(72);
  message.writeUInt8(2, 0);
  message.writeUInt8(10, 1);
  message.writeUInt16BE(80, 4);
  message.set([127, 0, 0, 1], 8);
  message.writeUInt32LE(4711, 68);
  expect(inetRowOf(message)).toEqual({inode: 4711, local: '127.0.0.1:80', remote: '0.0.0.0:0', state: 'LISTEN'});
});

const attribute = (type: number, value: Buffer): Buffer => {
  const bytes = Buffer.alloc((value.length + 7) & ~3);
  bytes.writeUInt16LE(value.length + 4, 0);
  bytes.writeUInt16LE(type, 2);
  value.copy(bytes, 4);
  return bytes;
};
const word = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

test.each([
  ['/run/a b\n\x1b]0;x\x07', '/run/a b\n\x1b]0;x\x07\0'],
  ['@abstract@name', '\0abstract\0name'],
])('sock_diag: a unix socket named %j is parsed', (name, bytes) => {
  const head = Buffer.from([1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32LE(4711, 4);
  const message = Buffer.concat([
    head,
    attribute(0, Buffer.from(bytes)),
    attribute(2, word(4712)),
    attribute(3, word(9)),
  ]);
  expect(unixRowOf(message)).toEqual({
    inode: 4711,
    type: 'stream',
    state: 'established',
    name,
    peer: 4712,
    pending: [9],
  });
});

test('sock_diag: any bytes result in a row', () => {
  fc.assert(
    fc.property(fc.uint8Array({minLength: 16, maxLength: 200}), bytes => {
      expect(unixRowOf(Buffer.from(bytes))?.inode).toBeTypeOf('number');
    }),
  );
});

const HEAD = 'Num       RefCount Protocol Flags    Type St Inode Path\n';
const unixLine = (inode: number, name: string): string =>
  `0000000000000000: 00000002 00000000 00010000 0001 01 ${inode}${name === '' ? '' : ` ${name}`}\n`;

test('/proc/net/unix: names with spaces and line breaks are read', () => {
  const rows = unixRowsOfText(HEAD + unixLine(1, '/run/a b') + unixLine(2, 'x\ny') + unixLine(3, ''));
  expect([...rows.values()].map(({inode, name, state}) => [inode, name, state])).toEqual([
    [1, '/run/a b', 'listen'],
    [2, 'x\ny', 'listen'],
    [3, null, 'listen'],
  ]);
});

test('/proc/net/unix: a name that imitates the line of another socket is not trusted', () => {
  const forged = `x\n${unixLine(1, '/run/forged').trimEnd()}`;
  const rows = unixRowsOfText(HEAD + unixLine(1, '/run/true') + unixLine(2, forged));
  expect(rows.get(1)?.name).toBeNull();
});

test('/proc/locks: holders and waiters are read, also chained ones, and leases ignored', () => {
  const text = `1: POSIX  ADVISORY  WRITE 512 fe:00:4711 0 99
1: -> POSIX  ADVISORY  READ 513 fe:00:4711 50 EOF
1:  -> POSIX  ADVISORY  WRITE 514 fe:00:4711 60 60
2: FLOCK  ADVISORY  WRITE 515 00:1b:12 0 EOF
3: OFDLCK ADVISORY  READ  -1 fe:00:13 0 EOF
4: LEASE  ACTIVE    READ  516 fe:00:14 0 EOF
`;
  const locks = parseLocks(text);
  expect(locks.map(({call, type, pid, waits}) => [call, type, pid, waits])).toEqual([
    ['posix', 'write', 512, false],
    ['posix', 'read', 513, true],
    ['posix', 'write', 514, true],
    ['flock', 'write', 515, false],
    ['ofd', 'read', null, false],
  ]);
  expect(locks[1]).toMatchObject({file: 'fe:00:4711', start: 50, end: Infinity});
  expect(locksInFdinfo(`pos:\t0\nlock:\t1: FLOCK  ADVISORY  WRITE 515 00:1b:12 0 EOF\n`)).toEqual([locks[3]]);
});

test('System V tables are read by the names of their columns', () => {
  const [row] = parseTable(`       key      msqid perms      cbytes
 -17     65536   600          12\n`);
  expect(row).toEqual({key: '-17', msqid: '65536', perms: '600', cbytes: '12'});
  expect(keyOf(row!)).toBe('0xffffffef');
  expect(keyOf({key: '0'})).toBeNull();
});

test('maps: only shared mappings are read, with any characters in paths', () => {
  const text = `55d000000000-55d000001000 r-xp 00000000 fe:00 12                         /usr/bin/x
7f0000000000-7f0000001000 rw-s 00000000 00:1a 13                         /dev/shm/a b\\012c (deleted)
7f0000001000-7f0000002000 r--s 00000000 00:01 32769                      /SYSV00000000 (deleted)
7f0000002000-7f0000003000 rw-p 00000000 00:00 0
`;
  expect([...sharedMappingsIn(text)]).toEqual([
    {path: '/dev/shm/a b\nc (deleted)', device: '00:1a', inode: 13, access: 'rw'},
    {path: '/SYSV00000000 (deleted)', device: '00:01', inode: 32769, access: 'r'},
  ]);
});

test('signals 1 to 64 are read, and a name that imitates a mask is ignored', () => {
  const status = `Name:\tx\\nSigBlk:\\tffffffffffffffff
SigPnd:\t0000000000000000
ShdPnd:\t8000000000000001
SigBlk:\t0000000380000000
SigIgn:\t0000000000001000
SigCgt:\t0000000180000000
`;
  expect(signalsIn(status)).toEqual({
    pending: ['SIGHUP', 'SIGRTMIN+30'],
    blocked: ['SIG32', 'SIG33', 'SIGRTMIN'],
    ignored: ['SIGPIPE'],
    caught: ['SIG32', 'SIG33'],
  });
  expect(signalsIn('')).toEqual({pending: [], blocked: [], ignored: [], caught: []});
});

test.runIf(process.arch === 'x64')('blocking calls are parsed, and other states ignored', () => {
  expect(parseBlockedCall('72 0x3 0x26 0x7f 0x0 0x0 0x0 0x7ffd 0x7f\n')).toEqual({
    call: 'fcntl',
    arguments: [3, 38, 127, 0, 0, 0, 0x7ffd, 0x7f],
  });
  expect(parseBlockedCall('running\n')).toBeNull();
  expect(parseBlockedCall('-1 0x7ffd 0x7f\n')).toBeNull();
  expect(parseBlockedCall('')).toBeNull();
});
