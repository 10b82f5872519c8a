/** Files of the kernel about IPC: locks, System V objects, mappings, blocked calls and mounts. */
import {parseBlockedCall} from '../../../../src/ipc/blocked-calls.ts';
import {hidesIn} from '../../../../src/ipc/hidden.ts';
import {locksInFdinfo, parseLocks} from '../../../../src/ipc/lock-lines.ts';
import {keyOf, parseTable} from '../../../../src/ipc/system-v.ts';
import {sharedMappingsIn} from '../../../../src/posix/process-folder.ts';
import {latin1, must, type Target} from '../target.ts';
import {here} from './samples.ts';

export const locks: Target = {
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

export const tables: Target = {
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

export const maps: Target = {
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

export const callsAndMounts: Target = {
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
