/**
 * Reads the journal: `journal.jsonl` and rotated `journal.NNNNNNNN.jsonl`, one JSON object a line, with rising `seq`.
 * The last line may be torn after a crash, and a record may follow a torn one on the same line. Unreadable lines are
 * skipped.
 */
import {closeSync, fstatSync, openSync, readdirSync, readSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {FolderWatch} from '../logs/folder-watch.ts';
import {journalPath} from './layout.ts';
import type {EventRecord} from './record.ts';
import {isObject} from '../base/json.ts';

const CHUNK_BYTES = 256 * 1024;
/** A longer line is no record: the names of all workers of the largest fleet take less than a quarter of this. */
const MOST_LINE_BYTES = 4 * 1024 * 1024;
const NEWLINE = 10;

/** Returns the journal's files, oldest first. */
function journalFiles(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  const number = (name: string) => Number(/\d+/.exec(name)?.[0]);
  const rotated = names.filter(name => /^journal\.\d+\.jsonl$/.test(name)).sort((a, b) => number(a) - number(b));
  return [...rotated.map(name => join(folder, name)), journalPath(folder)];
}

/** Returns the record in a line, or null if the line has none. */
export function parseRecord(line: string): EventRecord | null {
  if (line === '') return null;
  return parse(line) ?? parse(line.slice(Math.max(0, line.lastIndexOf('{"seq"'))));
}

function parse(text: string): EventRecord | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

const isRecord = (value: unknown): value is EventRecord =>
  isObject(value) &&
  typeof value['seq'] === 'number' &&
  typeof value['at'] === 'string' &&
  typeof value['type'] === 'string';

function tryOpen(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch {
    return null;
  }
}

/** Yields the complete lines of a file from `from` on. @returns the offset after the last one. */
export function* lines(fd: number, from: number): Generator<string, number, void> {
  let offset = from;
  let rest = Buffer.alloc(0);
  // Bytes skipped of an overlong line: the search for its end does not buffer it.
  let passed = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const got = readSync(fd, chunk, 0, CHUNK_BYTES, offset + passed + rest.length);
    if (got === 0) return offset;
    let bytes = chunk.subarray(0, got);
    if (passed > 0) {
      const newline = bytes.indexOf(NEWLINE);
      if (newline < 0) {
        passed += got;
        continue;
      }
      offset += passed + newline + 1;
      passed = 0;
      bytes = bytes.subarray(newline + 1);
    }
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    if (end === 0) {
      rest = Buffer.concat([rest, bytes]);
      if (rest.length <= MOST_LINE_BYTES) continue;
      passed = rest.length;
      rest = Buffer.alloc(0);
      continue;
    }
    const whole = Buffer.concat([rest, bytes.subarray(0, end)]);
    yield* whole.toString('utf8').split('\n');
    offset += whole.length;
    rest = Buffer.from(bytes.subarray(end));
  }
}

/** Returns the last `wanted` records, oldest first. */
export function lastRecords(folder: string, wanted: number): EventRecord[] {
  const found: EventRecord[][] = [];
  let missing = wanted;
  for (const path of journalFiles(folder).reverse()) {
    if (missing <= 0) break;
    const fd = tryOpen(path);
    if (fd === null) continue;
    try {
      const records = [...lines(fd, 0)].map(parseRecord).filter(record => record !== null);
      found.push(records.slice(-missing));
      missing -= records.length;
    } finally {
      closeSync(fd);
    }
  }
  return found.reverse().flat();
}

/** Yields every record after `afterSeq`, oldest first. */
export function* recordsAfter(folder: string, afterSeq: number): Generator<EventRecord, void, void> {
  const seen = new Set<number>();
  for (const path of journalFiles(folder)) {
    const fd = tryOpen(path);
    if (fd === null) continue;
    try {
      // A file that was renamed between listing and opening occurs twice.
      const {ino} = fstatSync(fd);
      if (seen.has(ino)) continue;
      seen.add(ino);
      for (const line of lines(fd, 0)) {
        const record = parseRecord(line);
        if (record && record.seq > afterSeq) yield record;
      }
    } finally {
      closeSync(fd);
    }
  }
}

/** Calls `take` with each record after `afterSeq` as it is written, until `signal` is aborted. */
export async function followJournal(
  folder: string,
  afterSeq: number,
  signal: AbortSignal,
  take: (record: EventRecord) => void,
): Promise<void> {
  const watch = new FolderWatch(name => name.startsWith('journal.'));
  watch.add(folder);
  let last = afterSeq;
  let current: {fd: number; inode: number; offset: number} | null = null;
  const give = (record: EventRecord | null): void => {
    if (!record || record.seq <= last) return;
    last = record.seq;
    take(record);
  };
  const grow = (): void => {
    if (!current) return;
    const more = lines(current.fd, current.offset);
    let next = more.next();
    for (; !next.done; next = more.next()) give(parseRecord(next.value));
    current.offset = next.value;
  };
  const look = (): void => {
    grow();
    const inode = statSync(journalPath(folder), {throwIfNoEntry: false})?.ino;
    if (inode === undefined || inode === current?.inode) return;
    if (current) closeSync(current.fd);
    current = null;
    // Files that were rotated meanwhile, and the new file's beginning.
    for (const record of recordsAfter(folder, last)) give(record);
    const fd = tryOpen(journalPath(folder));
    if (fd !== null) current = {fd, inode: fstatSync(fd).ino, offset: 0};
    grow();
  };
  try {
    while (!signal.aborted) {
      look();
      await watch.next(signal);
    }
    look();
  } finally {
    watch.close();
    // `look` assigns it, which the compiler's flow analysis does not see.
    const open = current as {fd: number} | null;
    if (open) closeSync(open.fd);
  }
}
