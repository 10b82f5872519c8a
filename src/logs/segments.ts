/**
 * The files of one stream as one row of bytes: rotated ones, oldest first, then the one that is being written.
 *
 * While they are read they are rotated, compressed and removed. What is being written is held by its descriptor; rotated
 * ones are known by their number, whatever their name has become by the time they are opened.
 */
import {closeSync, createReadStream, fstatSync, openSync, readdirSync, readSync, statSync} from 'node:fs';
import {createGunzip} from 'node:zlib';
import {pipeline} from 'node:stream';
import {join} from 'node:path';
import {currentIndex, currentLog, parseLogName, rotatedIndex, rotatedLog, type Stream} from './layout.ts';

export const CHUNK_BYTES = 64 * 1024;

/** A file of the row. */
export interface Segment {
  /** Null for the one that is being written. */
  readonly sequence: number | null;
  /** Of the file being written: bytes that count. Rotated ones are read to their end. */
  readonly size: number | null;
}

/** The file that is being written, held open. */
export interface Current {
  readonly fd: number;
  readonly inode: number;
  /** Its time index; null where there is none (yet). */
  readonly indexFd: number | null;
}

/** The row at one moment. Must be closed. */
export interface Row {
  readonly folder: string;
  readonly stream: Stream;
  readonly segments: readonly Segment[];
  /** The highest number there was; 0 if none. */
  readonly lastSequence: number;
  readonly current: Current | null;
  close(): void;
}

/** Numbers of the rotated files, rising. */
export function rotatedSequences(folder: string, stream: Stream): number[] {
  const sequences = new Set<number>();
  for (const name of namesIn(folder)) {
    const parsed = parseLogName(name);
    // For a moment there are both, the plain one and the compressed one.
    if (parsed?.stream === stream && parsed.kind === 'log' && parsed.sequence !== null) sequences.add(parsed.sequence);
  }
  return [...sequences].sort((a, b) => a - b);
}

/** Opens the row of a stream. A rotation in the middle of it is noticed, and the look repeated. */
export function openRow(folder: string, stream: Stream): Row {
  for (;;) {
    const before = rotatedSequences(folder, stream);
    const current = openCurrent(folder, stream);
    const after = rotatedSequences(folder, stream);
    if (before.at(-1) === after.at(-1)) {
      // readdir(3) may pass over a file whose plain name goes and whose compressed one comes while it reads: twice it can't.
      const sequences = [...new Set([...before, ...after])].sort((a, b) => a - b);
      const segments: Segment[] = sequences.map(sequence => ({sequence, size: null}));
      if (current) segments.push({sequence: null, size: fstatSync(current.fd).size});
      return {folder, stream, segments, lastSequence: after.at(-1) ?? 0, current, close: () => closeCurrent(current)};
    }
    closeCurrent(current);
  }
}

function openCurrent(folder: string, stream: Stream): Current | null {
  const fd = tryOpen(currentLog(folder, stream));
  if (fd === null) return null;
  return {fd, inode: fstatSync(fd).ino, indexFd: tryOpen(currentIndex(folder, stream))};
}

function closeCurrent(current: Current | null): void {
  if (!current) return;
  closeSync(current.fd);
  if (current.indexFd !== null) closeSync(current.indexFd);
}

export function tryOpen(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch {
    return null;
  }
}

const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

/** When the segment was last written, ms since 1970; null where it is gone. */
export function modifiedAt(row: Row, {sequence}: Segment): number | null {
  try {
    if (sequence === null) return row.current ? fstatSync(row.current.fd).mtimeMs : null;
    const plain = rotatedLog(row.folder, row.stream, sequence);
    const stat = statSync(plain, {throwIfNoEntry: false}) ?? statSync(`${plain}.gz`, {throwIfNoEntry: false});
    return stat?.mtimeMs ?? null;
  } catch {
    return null;
  }
}

/** Opens the segment's time index; `owned` says that the caller must close it. Null where there is none. */
export function openIndex(row: Row, {sequence}: Segment): {fd: number; owned: boolean} | null {
  if (sequence === null) return row.current?.indexFd == null ? null : {fd: row.current.indexFd, owned: false};
  const fd = tryOpen(rotatedIndex(row.folder, row.stream, sequence));
  return fd === null ? null : {fd, owned: true};
}

/** A rotated file that is not compressed, for reading at any place; null where it is compressed or gone. */
export const openPlain = (row: Row, sequence: number): number | null =>
  tryOpen(rotatedLog(row.folder, row.stream, sequence));

/** Reads up to `length` bytes at `offset`; fewer at the file's end. */
export function readAt(fd: number, offset: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(length);
  let got = 0;
  while (got < length) {
    const n = readSync(fd, buffer, got, length - got, offset + got);
    if (n === 0) break;
    got += n;
  }
  return buffer.subarray(0, got);
}

/** The bytes of a segment from `from` to its end. A segment that is gone has none; a damaged one those before the damage. */
export async function* readSegment(row: Row, segment: Segment, from: number): AsyncGenerator<Buffer, void, void> {
  if (segment.sequence === null) {
    if (row.current) yield* readPlain(row.current.fd, from, segment.size ?? Infinity);
    return;
  }
  const fd = openPlain(row, segment.sequence);
  if (fd === null) {
    yield* readCompressed(join(rotatedLog(row.folder, row.stream, segment.sequence) + '.gz'), from);
    return;
  }
  try {
    yield* readPlain(fd, from, Infinity);
  } finally {
    closeSync(fd);
  }
}

function* readPlain(fd: number, from: number, end: number): Generator<Buffer, void, void> {
  for (let offset = from; offset < end;) {
    const chunk = readAt(fd, offset, Math.min(CHUNK_BYTES, end - offset));
    if (chunk.length === 0) return;
    offset += chunk.length;
    yield chunk;
  }
}

async function* readCompressed(path: string, from: number): AsyncGenerator<Buffer, void, void> {
  const gunzip = createGunzip({chunkSize: CHUNK_BYTES});
  pipeline(createReadStream(path), gunzip, () => undefined);
  let skip = from;
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      if (skip < chunk.length) yield skip === 0 ? chunk : chunk.subarray(skip);
      skip = Math.max(0, skip - chunk.length);
    }
  } catch {
    // Removed since it was listed, or damaged: what could be read was read.
  }
}
