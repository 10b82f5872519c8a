/** FIFOs of living runs whose names were removed: an earlier keeper had them open, and the main process still has. */
import {readlinkSync} from 'node:fs';
import {canonical} from '../../home/living.ts';
import {STREAMS, type Stream} from '../../logs/layout.ts';
import {isAlive} from '../../process/stat.ts';

/** The main process that holds the FIFOs, as far as it is known. */
export interface Writer {
  readonly pid: number | null;
  readonly startTime: string | null;
}

/** Returns a path that opens the FIFO once named `path`, or null if there is none. */
export function pathOfUnnamed(path: string, stream: Stream, {pid, startTime}: Writer): string | null {
  if (pid === null || startTime === null || !isAlive(pid, startTime)) return null;
  const link = `/proc/${pid}/fd/${STREAMS.indexOf(stream) + 1}`;
  try {
    // The descriptor may refer to another file by now.
    return readlinkSync(link) === `${canonical(path)} (deleted)` ? link : null;
  } catch {
    return null; // unreadable
  }
}
