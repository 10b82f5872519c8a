/** The journal, and the time index of logs. */
import {lines, parseRecord} from '../../../../src/journal/read.ts';
import {checkJournal} from '../../../../src/journal/repair.ts';
import {TimeIndex} from '../../../../src/logs/time-index.ts';
import {must, type Target} from '../target.ts';
import {JSON_PIECES} from './json-pieces.ts';
import {inFile} from './scratch.ts';

export const JOURNAL = [
  '{"seq":1,"at":"2024-05-01T12:00:00.000Z","type":"up","fleet":"t"}\n',
  '{"seq":2,"at":"2024-05-01T12:00:01.000Z","type":"exited","worker":"w","instance":1,"code":3}\n',
];

export const journal: Target = {
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

export const timeIndex: Target = {
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
