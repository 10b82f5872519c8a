/** Socket tables: /proc/net and the messages of sock_diag(7). */
import {inetRowOf, inetRowOfLine, unixRowOf, unixRowsOfText} from '../../../../src/ipc/socket-rows.ts';
import {latin1, must, type Target} from '../target.ts';
import {here} from './samples.ts';

const INET =
  '  0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1 0000000000000000 100 0 0 10 0\n';
const INET6 =
  '   1: 00000000000000000000000001000000:0277 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 999 1 0\n';
const UNIX =
  'Num       RefCount Protocol Flags    Type St Inode Path\n' +
  '0000000000000000: 00000002 00000000 00010000 0001 01 23456 /run/a b.sock\n' +
  '0000000000000000: 00000003 00000000 00000000 0001 03 23457\n' +
  '0000000000000000: 00000002 00000000 00000000 0002 01 23458 @abstract\n0000: not a line\n';

export const inetLines: Target = {
  name: 'src/ipc/socket-rows.ts, /proc/net/tcp',
  samples: [INET, INET6, here('/proc/net/tcp'), here('/proc/net/tcp6'), here('/proc/net/udp')],
  pieces: ['0: ', '0100007F', ':', '1F90 ', '0A ', '00000000 ', '12345 ', '\n'],
  take(input) {
    for (const text of latin1(input).split('\n')) inetRowOfLine(text);
  },
};

export const unixText: Target = {
  name: 'src/ipc/socket-rows.ts, /proc/net/unix',
  samples: [UNIX, here('/proc/net/unix').subarray(0, 4000)],
  pieces: ['0000000000000000: ', '00000002 ', '00010000 ', '0001 ', '01 ', '23456 ', '@', '/run/x', '\n'],
  frames: [['0000000000000000: 00000002 00000000 00010000 0001 01 23456 ', '\n']],
  take: input => void unixRowsOfText(latin1(input)),
};

/** A `struct unix_diag_msg` with a name, a peer and two pending connections. */
const UNIX_MESSAGE = Buffer.from(
  '010101000f5b0000000000000000000009000000'.slice(0, 32) +
    '0a0000002f72756e2f78000008000200115b00000c000300125b0000135b0000',
  'hex',
);
export const unixMessage: Target = {
  name: 'src/ipc/socket-rows.ts, unix_diag',
  samples: [UNIX_MESSAGE, Buffer.concat([UNIX_MESSAGE, UNIX_MESSAGE.subarray(16)])],
  pieces: ['\x08\0\x02\0', '\x04\0\x00\0', '\x0c\0\x03\0', '\x01\x01\x01\0', '\x05\0\0\0a\0\0\0'],
  frames: [['\x01\x01\x01\0\0\0\0\0\0\0\0\0\0\0\0\0', '']],
  take(input) {
    const row = unixRowOf(input);
    must(row === null || Number.isInteger(row.inode), 'an inode is a number');
  },
};

export const inetMessage: Target = {
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
