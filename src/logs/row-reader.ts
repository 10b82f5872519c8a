/** Reads a row of log files from a position on, as pieces of lines with their times. */
import {closeSync} from 'node:fs';
import {LineCutter, type Piece} from './line-cutter.ts';
import type {Position} from './position.ts';
import {modifiedAt, openIndex, readSegment, type Row} from './segments.ts';
import {TimeIndex} from './time-index.ts';

/**
 * Yields the pieces from `from` to the end of the row, in batches. A line that was split by a rotation is joined.
 *
 * @param unfinished what to do with a last line without a newline: `show` it, or `leave` it in the cutter for a
 * follower.
 */
export async function* readPieces(
  row: Row,
  from: Position,
  cutter: LineCutter,
  unfinished: 'show' | 'leave',
): AsyncGenerator<Piece[], void, void> {
  for (let at = from.segment; at < row.segments.length; at++) {
    const segment = row.segments[at];
    if (!segment) break;
    let offset = at === from.segment ? from.offset : 0;
    const index = openIndex(row, segment);
    try {
      const times = new TimeIndex(index?.fd ?? null, modifiedAt(row, segment) ?? Date.now());
      times.seek(offset);
      for await (const chunk of readSegment(row, segment, offset)) {
        yield cutter.push(chunk, offset, place => times.timeOf(place));
        offset += chunk.length;
      }
    } finally {
      if (index?.owned) closeSync(index.fd);
    }
  }
  const last = unfinished === 'show' ? cutter.flushRest() : null;
  if (last) yield [last];
}
