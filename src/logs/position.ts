/** Positions in a row of log files, and the search for them: the last N lines, or the first line since a time. */
import {closeSync, fstatSync} from 'node:fs';
import {
  CHUNK_BYTES,
  modifiedAt,
  openIndex,
  openPlain,
  readAt,
  readSegment,
  type Row,
  type Segment,
} from './segments.ts';
import {TimeIndex} from './time-index.ts';

const NEWLINE = 10;

/** A byte: the index of its segment in the row, and its offset in the segment. */
export interface Position {
  readonly segment: number;
  readonly offset: number;
}

export const BEGINNING: Position = {segment: 0, offset: 0};

/**
 * Returns where the last `wanted` lines begin, and how many there are (fewer if the row has fewer). Reads from the end.
 */
export async function lastLines(row: Row, wanted: number): Promise<{from: Position; lines: number}> {
  let newlines = 0;
  /** Set once the very last byte was read: a line without its newline counts as one. */
  let goal: number | null = null;
  let open = 0;
  for (let segment = row.segments.length - 1; segment >= 0; segment--) {
    const scan = await scanBack(row, segment, terminated => {
      if (goal === null) {
        open = terminated ? 0 : 1;
        goal = Math.max(1, wanted + 1 - open);
      }
      return goal - newlines;
    });
    if (scan.from !== null) return {from: {segment, offset: scan.from}, lines: Math.max(wanted, open)};
    newlines += scan.newlines;
  }
  return {from: BEGINNING, lines: newlines + open};
}

interface Scan {
  /** The offset after the wanted newline, the newlines counted from the end; null if there are too few. */
  readonly from: number | null;
  readonly newlines: number;
}

/**
 * Searches a segment backwards. Calls `goalOf` once, if the segment has any byte, with whether it ends with a newline.
 */
async function scanBack(row: Row, at: number, goalOf: (terminated: boolean) => number): Promise<Scan> {
  const segment = row.segments[at];
  if (!segment) return {from: null, newlines: 0};
  const opened = segment.sequence === null ? (row.current?.fd ?? null) : openPlain(row, segment.sequence);
  if (opened === null) return scanCompressed(row, segment, goalOf);
  try {
    return scanPlain(opened, segment.size ?? fstatSync(opened).size, goalOf);
  } finally {
    if (segment.sequence !== null) closeSync(opened);
  }
}

function scanPlain(fd: number, size: number, goalOf: (terminated: boolean) => number): Scan {
  let goal: number | null = null;
  let newlines = 0;
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const chunk = readAt(fd, start, end - start);
    goal ??= goalOf(chunk.at(-1) === NEWLINE);
    for (let i = chunk.lastIndexOf(NEWLINE); i !== -1; i = i > 0 ? chunk.lastIndexOf(NEWLINE, i - 1) : -1) {
      if (++newlines === goal) return {from: start + i + 1, newlines};
    }
    end = start;
  }
  return {from: null, newlines};
}

/**
 * Searches a compressed file, which can't be read from its end: one pass counts the newlines, a second one finds the
 * wanted one.
 */
async function scanCompressed(row: Row, segment: Segment, goalOf: (terminated: boolean) => number): Promise<Scan> {
  let size = 0;
  let newlines = 0;
  let last = -1;
  for await (const chunk of readSegment(row, segment, 0)) {
    for (let i = chunk.indexOf(NEWLINE); i !== -1; i = chunk.indexOf(NEWLINE, i + 1)) {
      newlines++;
      last = size + i;
    }
    size += chunk.length;
  }
  if (size === 0) return {from: null, newlines: 0};
  const goal = goalOf(last === size - 1);
  if (goal > newlines) return {from: null, newlines};
  let offset = 0;
  let skip = newlines - goal;
  for await (const chunk of readSegment(row, segment, 0)) {
    for (let i = chunk.indexOf(NEWLINE); i !== -1; i = chunk.indexOf(NEWLINE, i + 1)) {
      if (skip-- === 0) return {from: offset + i + 1, newlines};
    }
    offset += chunk.length;
  }
  return {from: null, newlines};
}

/** Returns where the first line begins whose time is `since` or later, or null if there is none. */
export async function firstLineSince(row: Row, since: number): Promise<Position | null> {
  for (let at = 0; at < row.segments.length; at++) {
    const segment = row.segments[at];
    const modified = segment ? modifiedAt(row, segment) : null;
    // The kernel stamps files by a clock that lags by some milliseconds (clock_getres(2), CLOCK_REALTIME_COARSE).
    if (!segment || modified === null || modified < since - 1000) continue;
    const index = openIndex(row, segment);
    try {
      const times = new TimeIndex(index?.fd ?? null, modified);
      const entry = times.find(one => one.at >= since);
      if (entry) {
        // Bytes before the first entry have its time.
        times.seek(0);
        const from = times.timeOf(0) >= since ? 0 : entry.offset;
        return await lineStart(row, {segment: at, offset: from});
      }
      // The last write is the only time known for this file.
      if (times.empty() && modified >= since) return await lineStart(row, {segment: at, offset: 0});
    } finally {
      if (index?.owned) closeSync(index.fd);
    }
  }
  return null;
}

/** Returns the beginning of the first line that begins at `position` or after it, or null if there is none. */
async function lineStart(row: Row, position: Position): Promise<Position | null> {
  if (position.segment === 0 && position.offset === 0) return position;
  const before = await byteBefore(row, position);
  if (before === NEWLINE || before === null) return position;
  for (let {segment, offset} = position; segment < row.segments.length; segment++, offset = 0) {
    const file = row.segments[segment];
    if (!file) return null;
    let at = offset;
    for await (const chunk of readSegment(row, file, offset)) {
      const newline = chunk.indexOf(NEWLINE);
      if (newline !== -1) return {segment, offset: at + newline + 1};
      at += chunk.length;
    }
  }
  return null;
}

async function byteBefore(row: Row, {segment, offset}: Position): Promise<number | null> {
  const file = row.segments[segment];
  if (offset > 0 && file) {
    for await (const chunk of readSegment(row, file, offset - 1)) return chunk[0] ?? null;
    return null;
  }
  for (let at = segment - 1; at >= 0; at--) {
    const earlier = row.segments[at];
    let last: number | null = null;
    if (earlier) for await (const chunk of readSegment(row, earlier, 0)) last = chunk.at(-1) ?? last;
    if (last !== null) return last;
  }
  return null;
}

/** Returns the number of lines from the beginning of a line to the end. */
export async function countLines(row: Row, from: Position): Promise<number> {
  let lines = 0;
  let last = NEWLINE;
  for (let {segment, offset} = from; segment < row.segments.length; segment++, offset = 0) {
    const file = row.segments[segment];
    if (!file) break;
    for await (const chunk of readSegment(row, file, offset)) {
      for (let i = chunk.indexOf(NEWLINE); i !== -1; i = chunk.indexOf(NEWLINE, i + 1)) lines++;
      last = chunk.at(-1) ?? last;
    }
  }
  return last === NEWLINE ? lines : lines + 1;
}

export const isBefore = (a: Position, b: Position): boolean =>
  a.segment !== b.segment ? a.segment < b.segment : a.offset < b.offset;
