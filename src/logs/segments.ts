/**
 * The files of one stream as one row of bytes: rotated files, oldest first, then the file being written.
 *
 * Files may be rotated, compressed and removed while they are read. The file being written is held by its descriptor;
 * rotated files are identified by their number, whatever their name is by the time they are opened.
 */
import {closeSync, createReadStream, fstatSync, openSync, readdirSync, readSync, statSync} from 'node:fs';
import {createGunzip} from 'node:zlib';
import {pipeline} from 'node:stream';
import {join} from 'node:path';
import {currentIndex, currentLog, parseLogName, rotatedIndex, rotatedLog, type Stream} from './layout.ts';

export const CHUNK_BYTES = 64 * 1024;

/** A file of the row. */
export interface Segment {
  /** Null for the file being written. */
  readonly sequence: number | null;
  /** Of the file being written: the bytes that count. Rotated files are read to their end. */
  readonly size: number | null;
}

/** The file being written, held open. */
export interface Current {
  readonly fd: number;
  readonly inode: number;
  /** Its time index; null if there is none (yet). */
  readonly indexFd: number | null;
}

/** The row at one moment. Must be closed. */
export interface Row {
  readonly folder: string;
  readonly stream: Stream;
  readonly segments: readonly Segment[];
  /** The highest number of a rotated file; 0 if there is none. */
  readonly lastSequence: number;
  readonly current: Current | null;
  close(): void;
}

/** Returns the numbers of the rotated files, rising. */
export function rotatedSequences(folder: string, stream: Stream): number[] {
  const sequences = new Set<number>();
  for (const name of namesIn(folder)) {
    const parsed = parseLogName(name);
    // For a moment both the plain and the compressed file exist.
    if (parsed?.stream === stream && parsed.kind === 'log' && parsed.sequence !== null) sequences.add(parsed.sequence);
  }
  return [...sequences].sort((a, b) => a - b);
}

/** Opens the row of a stream. Repeats the listing if a rotation happens meanwhile. */
export function openRow(folder: string, stream: Stream): Row {
  for (;;) {
    const before = rotatedSequences(folder, stream);
    const current = openCurrent(folder, stream);
    const after = rotatedSequences(folder, stream);
    if (before.at(-1) === after.at(-1)) {
      // readdir(3) may miss a file whose plain name is replaced by the compressed one during the listing, but not
      // twice.
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

/** Returns when the segment was last written, ms since 1970, or null if it is gone. */
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

/** Opens the segment's time index, or returns null if there is none. `owned`: the caller must close it. */
export function openIndex(row: Row, {sequence}: Segment): {fd: number; owned: boolean} | null {
  if (sequence === null) return row.current?.indexFd == null ? null : {fd: row.current.indexFd, owned: false};
  const fd = tryOpen(rotatedIndex(row.folder, row.stream, sequence));
  return fd === null ? null : {fd, owned: true};
}

/** Opens a rotated file that is not compressed, for reading at any offset. Returns null if it is compressed or gone. */
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

/**
 * Yields the bytes of a segment from `from` to its end: none if it is gone, and those before the damage if it is
 * damaged.
 */
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
    // Removed since it was listed, or damaged: all readable bytes were read.
  }
}
