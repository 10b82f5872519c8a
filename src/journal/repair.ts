/** Checks the journal that an earlier controller left: its last number, and torn or damaged lines. */
import {fstatSync} from 'node:fs';
import {lines, parseRecord} from './read.ts';

/** Higher numbers are ignored, since counting beyond MAX_SAFE_INTEGER is not exact. */
const HIGHEST = Number.MAX_SAFE_INTEGER / 2;

export interface JournalState {
  /** The highest number in the file, or 0 if it has no record. */
  readonly seq: number;
  /** Bytes up to the end of the last whole line. */
  readonly whole: number;
  /** Bytes after the last whole line: a line whose write was interrupted. */
  readonly torn: number;
  /** Whole lines that are not exactly one record. */
  readonly damaged: number;
}

/** Reads the current file of the journal. Its size is bounded by rotation. */
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
