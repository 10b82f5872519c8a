/** What a process shows of itself in /proc: command line, environment, status and cgroup. */
import {commandIn} from '../../../../src/process/command-line.ts';
import {entriesIn, valueIn} from '../../../../src/process/environment.ts';
import {detailsIn} from '../../../../src/process/proc-details.ts';
import {parseStatus} from '../../../../src/process/status.ts';
import {latin1, must, utf8, type Target} from '../target.ts';
import {here, recorded} from './samples.ts';

export const command: Target = {
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

export const environment: Target = {
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

export const status: Target = {
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

export const details: Target = {
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
