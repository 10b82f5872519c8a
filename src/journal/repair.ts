/** What an earlier controller left of the journal: where it ended, and whether all of it can be read. */
import {fstatSync} from 'node:fs';
import {lines, parseRecord} from './read.ts';

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
  let seq = 0;
  let damaged = 0;
  const all = lines(fd, 0);
  let next = all.next();
  for (; !next.done; next = all.next()) {
    const line = next.value;
    if (line === '') continue;
    const record = parseRecord(line);
    if (record !== null && record.seq <= HIGHEST) seq = Math.max(seq, record.seq);
    if (record === null || !line.startsWith('{"seq"')) damaged++;
  }
  return {seq, whole: next.value, torn: fstatSync(fd).size - next.value, damaged};
}
