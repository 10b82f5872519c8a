/** The stat lines of processes, for both of their parsers. */
import {StatField, StatLine} from '../../../../src/process/stat-line.ts';
import {parseStat} from '../../../../src/process/stat.ts';
import {latin1, must, type Target} from '../target.ts';
import {here, recorded} from './samples.ts';

const STATS = recorded('stat').filter(line => line.includes(')'));

export const stat: Target = {
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
export const statLine: Target = {
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
    // Both parsers find the same process.
    const other = parseStat(latin1(input));
    const pid = line.fields[StatField.pid] ?? 0;
    must(other !== null && (Math.abs(pid) > Number.MAX_SAFE_INTEGER || other.pid === pid), 'it is the same pid');
    const start = line.fields[StatField.startTicks] ?? 0;
    must(Math.abs(start) > Number.MAX_SAFE_INTEGER || Number(other.startTime) === start, 'it is the same start');
  },
};
