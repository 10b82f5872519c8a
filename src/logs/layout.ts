/**
 * The layout of an instance's output on disk. Each instance has a folder, `logs/web.1/`, with for each stream
 *
 * - `out.log`               the file being written: raw, exactly the worker's bytes
 * - `out.idx`               its time index: lines `OFFSET WALLMS`, "from this byte on, moved at that time"
 * - `out.00000042.log[.gz]` rotated files; the number rises, so the lowest is the oldest
 * - `out.00000042.idx`      their time indexes
 *
 * The index may lag behind by a chunk, and its last line may be torn (after a crash): the bytes of the log are
 * authoritative.
 */
import {join} from 'node:path';

export type Stream = 'out' | 'err';
export const STREAMS: readonly Stream[] = ['out', 'err'];

/** Converts an id for use in paths: `web/1` -> `web.1`. */
export const pathName = (id: string): string => id.replace('/', '.');

export const instanceLogFolder = (fleetFolder: string, id: string): string => join(fleetFolder, 'logs', pathName(id));

/** Returns the path of the FIFO that carries a run's stream to the log, in the fleet's folder of runs. */
export const fifoPath = (runsFolder: string, token: string, stream: Stream): string =>
  join(runsFolder, `${token}.${stream}`);

export const currentLog = (folder: string, stream: Stream): string => join(folder, `${stream}.log`);
export const currentIndex = (folder: string, stream: Stream): string => join(folder, `${stream}.idx`);

const digits = (sequence: number): string => String(sequence).padStart(8, '0');
export const rotatedLog = (folder: string, stream: Stream, sequence: number): string =>
  join(folder, `${stream}.${digits(sequence)}.log`);
export const rotatedIndex = (folder: string, stream: Stream, sequence: number): string =>
  join(folder, `${stream}.${digits(sequence)}.idx`);

/** Parses a file name in a log folder. Returns null for a foreign file. */
export function parseLogName(
  name: string,
): {stream: Stream; sequence: number | null; kind: 'log' | 'idx'; compressed: boolean} | null {
  const match = /^(out|err)(?:\.(\d{8,}))?\.(log|idx)(\.gz)?$/.exec(name);
  if (!match) return null;
  return {
    stream: match[1] as Stream,
    sequence: match[2] === undefined ? null : Number(match[2]),
    kind: match[3] as 'log' | 'idx',
    compressed: match[4] !== undefined,
  };
}
