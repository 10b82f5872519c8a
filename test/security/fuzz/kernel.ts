/** What the kernel says of what others have made: mounts, sockets, signals, descriptors. */
import {readFileSync} from 'node:fs';
import {eventfdIn} from '../../../src/ipc/eventfd.ts';
import {terminalIndexIn} from '../../../src/ipc/pty.ts';
import {signalsIn} from '../../../src/ipc/signal.ts';
import {SystemError} from '../../../src/posix/libc.ts';
import {queuedBytesIn} from '../../../src/posix/message-queue.ts';
import {eachMessage} from '../../../src/posix/netlink.ts';
import {waitingMounts} from '../../../src/process/waiting-mounts.ts';
import {latin1, must, type Target} from './target.ts';

const MOUNT = '36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - nfs4 server:/a\\040b rw,errors=continue\n';
const mounts: Target = {
  name: 'src/process/waiting-mounts.ts',
  samples: [
    readFileSync('/proc/self/mountinfo').subarray(0, 4_000),
    MOUNT,
    MOUNT.replace('/mnt2', '/a\\040\\303\\244'),
  ],
  pieces: ['36 ', '98:0 ', '/ ', '/mnt ', ' - ', 'nfs4 ', 'ext4', 'fuse.x ', '\\040', '\\', '\\777', '\n'],
  frames: [
    ['1 1 0:1 / ', ' rw - nfs4 a rw'],
    ['1 1 0:1 / /a rw - ', ' a rw'],
  ],
  take(input) {
    for (const place of waitingMounts(latin1(input))) must(place !== '/' && place !== '', 'a place is one of its own');
  },
};

/** `struct nlmsghdr` and what follows it. */
function message(type: number, body: Buffer): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(16 + body.length, 0);
  header.writeUInt16LE(type, 4);
  return Buffer.concat([header, body]);
}
const SOCKET = message(20, Buffer.alloc(16, 1));
const netlink: Target = {
  name: 'src/posix/netlink.ts',
  samples: [
    Buffer.concat([SOCKET, SOCKET, message(3, Buffer.alloc(4))]),
    message(2, Buffer.alloc(20, 0xff)),
    Buffer.concat([message(20, Buffer.alloc(5)), Buffer.alloc(3), SOCKET]),
  ],
  pieces: [
    SOCKET.toString('latin1'),
    '\x10\0\0\0\x14\0\0\0\0\0\0\0\0\0\0\0',
    '\x14\0\0\0\x02\0\0\0',
    '\x14\0\0\0\x03\0',
    '\x7f\x7f\x7f\x7f',
  ],
  declared: error => error instanceof SystemError,
  take(input) {
    let bytes = 0;
    eachMessage(input, one => {
      bytes += one.length;
    });
    must(bytes <= input.length, 'messages lie within what came');
  },
};

const STATUS = 'Name:\ta\\nSigPnd: f\nSigQ:\t1/2\nSigPnd:\t0000000000000000\nShdPnd:\t0000000000010000\n';
const signals: Target = {
  name: 'src/ipc/signal.ts',
  samples: [
    readFileSync('/proc/self/status'),
    `${STATUS}SigBlk:\t0000000000010000\nSigIgn:\t0000000000001000\nSigCgt:\tffffffffffffffff\n`,
  ],
  pieces: ['SigPnd:\t', 'ShdPnd:\t', 'SigBlk:', 'SigIgn:', 'SigCgt:', '0000000000010000', 'f', '\n', '\t'],
  frames: [
    ['SigCgt:\t', '\n'],
    ['SigCgt:', 'f\n'],
  ],
  take(input) {
    const {pending, blocked, ignored, caught} = signalsIn(latin1(input));
    for (const names of [pending, blocked, ignored, caught]) must(names.length <= 64, 'there are 64 signals');
  },
};

const descriptors: Target = {
  name: 'src/ipc/{eventfd,pty}.ts, src/posix/message-queue.ts',
  samples: [
    'pos:\t0\nflags:\t02004002\nmnt_id:\t15\nino:\t1057\neventfd-count:                3\neventfd-id: 7\neventfd-semaphore: 0\n',
    'pos:\t0\nflags:\t0100002\nmnt_id:\t27\nino:\t2\ntty-index:\t3\n',
    'QSIZE:129     NOTIFY:2    SIGNO:0    NOTIFY_PID:8260\n',
  ],
  pieces: ['eventfd-count:', 'eventfd-id:', 'tty-index:', 'QSIZE:', ' ', '\t', 'ffffffffffffffff', '3', '\n'],
  frames: [
    ['eventfd-count:', 'x'],
    ['tty-index:', 'x'],
    ['QSIZE:', 'x'],
  ],
  take(input) {
    const text = latin1(input);
    const {count} = eventfdIn(text);
    for (const number of [count, terminalIndexIn(text), queuedBytesIn(text)])
      must(number === null || number >= 0, 'a number is one');
  },
};

export const kernelTargets: readonly Target[] = [mounts, netlink, signals, descriptors];
