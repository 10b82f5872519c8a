/** Reads the output of workers: lines of many instances merged by time, or one stream's bytes exactly. */
import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import {instanceLogFolder, STREAMS, type Stream} from './layout.ts';
import {LineCutter} from './line-cutter.ts';
import {mergeByTime, type Input} from './merge.ts';
import {BEGINNING, countLines, firstLineSince, isBefore, lastLines, type Position} from './position.ts';
import {readPieces} from './row-reader.ts';
import {openRow, readSegment, type Row} from './segments.ts';

/** An instance that has written output, or could have. */
export interface Instance {
  readonly worker: string;
  readonly instance: number;
}

/** A line of output, or a part of one that is over 64 KiB. */
export interface LogLine extends Instance {
  /** Wall clock, ms. */
  readonly at: number;
  readonly stream: Stream;
  readonly line: string;
  /** More parts of this line follow. */
  readonly partial: boolean;
}

export interface ReadOptions {
  /** The number of last lines of all streams together; null: all lines. */
  readonly last: number | null;
  /** Wall clock, ms: only output since then; null: all output. */
  readonly since: number | null;
  /** Ends the reading early. */
  readonly signal?: AbortSignal;
}

export const instanceId = ({worker, instance}: Instance): string => `${worker}/${instance}`;

/** Returns the instances that have a log folder, by name, then by number. */
export function loggedInstances(fleetFolder: string): Instance[] {
  let names: string[];
  try {
    names = readdirSync(join(fleetFolder, 'logs'));
  } catch {
    return [];
  }
  return names
    .map(name => /^(.+)\.(\d+)$/.exec(name))
    .filter(match => match !== null)
    .map(match => ({worker: match[1] ?? '', instance: Number(match[2])}))
    .sort((a, b) => (a.worker === b.worker ? a.instance - b.instance : a.worker < b.worker ? -1 : 1));
}

/** A stream of an instance, opened at one moment, with the state from which a follower continues. */
export interface OpenStream {
  readonly instance: Instance;
  readonly stream: Stream;
  readonly row: Row;
  /** Holds the unfinished last line of the row. */
  readonly cutter: LineCutter;
}

/** Opens both streams of the instances. Each `row` must be closed. */
export const openStreams = (fleetFolder: string, instances: readonly Instance[]): OpenStream[] =>
  instances.flatMap(instance =>
    STREAMS.map(stream => ({
      instance,
      stream,
      row: openRow(instanceLogFolder(fleetFolder, instanceId(instance)), stream),
      cutter: new LineCutter(),
    })),
  );

/**
 * Calls `take` with the existing lines, merged by time, oldest first; the order within a stream is kept.
 *
 * @param unfinished whether a last line without its newline is shown, or left in the stream's cutter.
 */
export async function readLines(
  streams: readonly OpenStream[],
  options: ReadOptions,
  take: (line: LogLine) => Promise<void> | void,
  unfinished: 'show' | 'leave' = 'show',
): Promise<void> {
  const inputs: Input<OpenStream & {skipping: boolean}>[] = [];
  let total = 0;
  for (const stream of streams) {
    const {from, lines} = await whereToBegin(stream.row, options);
    total += lines;
    // Even if nothing is shown, the row is read to its end, for its unfinished line.
    if (from)
      inputs.push({
        owner: {...stream, skipping: false},
        batches: readPieces(stream.row, from, stream.cutter, unfinished),
      });
  }
  let surplus = options.last === null ? 0 : total - options.last;
  const merging = mergeByTime(inputs, (owner, {at, line, partial, start}) => {
    if (start) owner.skipping = surplus-- > 0;
    if (owner.skipping) return;
    if (options.signal?.aborted) throw new Enough();
    const {instance, stream} = owner;
    return take({at, ...instance, stream, line, partial});
  });
  await merging.catch((error: unknown) => {
    if (!(error instanceof Enough)) throw error;
  });
}

/** Thrown to end the reading early. */
class Enough extends Error {}

async function whereToBegin(row: Row, {last, since}: ReadOptions): Promise<{from: Position | null; lines: number}> {
  const sinceFrom = since === null ? BEGINNING : await firstLineSince(row, since);
  if (last === null || sinceFrom === null) return {from: sinceFrom, lines: 0};
  const tail = await lastLines(row, last);
  if (!isBefore(tail.from, sinceFrom)) return tail;
  return {from: sinceFrom, lines: await countLines(row, sinceFrom)};
}

/**
 * Yields the bytes of a stream as they were written, from the oldest kept file to the end that the row had when it was
 * opened.
 */
export async function* readRaw(row: Row): AsyncGenerator<Buffer, void, void> {
  for (const segment of row.segments) yield* readSegment(row, segment, 0);
}
