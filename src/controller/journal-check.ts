/** What an earlier controller left of the journal: where it ended, and whether all of it can be read. */
import {fstatSync, readSync} from 'node:fs';
import {parseRecord} from '../control/journal.ts';

const NEWLINE = 10;
/** Beyond, a number does not rise any more when it is counted on. */
const HIGHEST = Number.MAX_SAFE_INTEGER / 2;

export interface JournalState {
  /** The highest number in it; 0 where there is none. */
  readonly seq: number;
  /** Bytes up to the end of the last whole line. */
  readonly whole: number;
  /** Bytes behind that: a line that was being written. */
  readonly torn: number;
  /** Lines before that which are no records. */
  readonly damaged: number;
}

/** Reads the current file of the journal. It is as large as one becomes before it is rotated, at the most. */
export function checkJournal(fd: number): JournalState {
  const bytes = Buffer.alloc(fstatSync(fd).size);
  const size = readSync(fd, bytes, 0, bytes.length, 0);
  const whole = bytes.subarray(0, size).lastIndexOf(NEWLINE) + 1;
  let seq = 0;
  let damaged = 0;
  for (const line of bytes.toString('utf8', 0, whole).split('\n')) {
    if (line === '') continue;
    const record = parseRecord(line);
    if (record !== null && record.seq <= HIGHEST) seq = Math.max(seq, record.seq);
    if (record === null || !line.startsWith('{"seq"')) damaged++;
  }
  return {seq, whole, torn: size - whole, damaged};
}
