/** FIFOs of living runs whose names were removed: an earlier keeper had them open, and the main process still has. */
import {readlinkSync} from 'node:fs';
import {canonical} from '../../home/living.ts';
import {STREAMS, type Stream} from '../../logs/layout.ts';
import {isAlive} from '../../process/stat.ts';

/** Whose FIFOs they are: the main process, as far as it is known. */
export interface Writer {
  readonly pid: number | null;
  readonly startTime: string | null;
}

/** By which path the FIFO that had that name can be opened again; null: by none. */
export function pathOfUnnamed(path: string, stream: Stream, {pid, startTime}: Writer): string | null {
  if (pid === null || startTime === null || !isAlive(pid, startTime)) return null;
  const link = `/proc/${pid}/fd/${STREAMS.indexOf(stream) + 1}`;
  try {
    // What it has there by now may be another file.
    return readlinkSync(link) === `${canonical(path)} (deleted)` ? link : null;
  } catch {
    return null; // it may not be looked into
  }
}
