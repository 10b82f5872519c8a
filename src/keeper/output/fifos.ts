/** The FIFOs of a run's output: created for a new run, found for a run that an earlier keeper started. */
import {constants, existsSync, openSync, rmSync} from 'node:fs';
import type {EarlierPipes} from '../pipe-store/earlier.ts';
import {pathOfUnnamed, type Writer} from './unnamed-fifo.ts';
import type {SpawnOrder} from '../../link/spawn.ts';
import {mustLeaveRoom} from '../files/descriptor-reserve.ts';
import {fifoPath, STREAMS, type Stream} from '../../logs/layout.ts';
import {openElsewhere} from '../../posix/elsewhere.ts';
import {closePipe, makeFifo} from '../../posix/fifo.ts';

/** The reading end of each FIFO; null if the FIFO is gone. */
export type Fifos = Readonly<Record<Stream, number | null>>;

const READ = constants.O_RDONLY | constants.O_NONBLOCK;

function closeAll(fifos: Fifos): void {
  for (const fd of Object.values(fifos)) if (fd !== null) closePipe(fd);
}

export const removeFifos = (folder: string, token: string): void => {
  for (const stream of STREAMS) rmSync(fifoPath(folder, token, stream), {force: true});
};

/**
 * Makes and opens the FIFOs of a new run. No other process has them yet, so nothing blocks. Throws if the kernel
 * refuses; no FIFO is left then.
 */
export function makeFifos(folder: string, token: string, owner: SpawnOrder['owner']): Fifos {
  const made: Record<Stream, number | null> = {out: null, err: null};
  try {
    for (const stream of STREAMS) {
      const path = fifoPath(folder, token, stream);
      makeFifo(path, owner);
      made[stream] = openSync(path, READ);
    }
    return made;
  } catch (error) {
    closeAll(made);
    removeFifos(folder, token);
    throw error;
  }
}

/**
 * Finds the FIFOs of a living run, or the error that prevents it. Calls back at once if all are in the queue beside the
 * keeper, otherwise once a thread has opened them, which the run's processes can delay forever.
 */
export function findFifos(
  folder: string,
  run: Writer & {readonly token: string},
  earlier: EarlierPipes | null,
  done: (found: Fifos | Error) => void,
): void {
  const found: Record<Stream, number | null> = {out: null, err: null};
  const next = (streams: readonly Stream[]): void => {
    const [stream, ...others] = streams;
    if (stream === undefined) {
      done(found);
      return;
    }
    const path = fifoPath(folder, run.token, stream);
    // If the FIFO is gone, its last writer ended before the earlier keeper died.
    const from = existsSync(path) ? path : pathOfUnnamed(path, stream, run);
    const kept = from === path ? (earlier?.takeDescriptor(path, constants.O_RDONLY) ?? null) : null;
    if (from === null || kept !== null) {
      found[stream] = kept;
      next(others);
      return;
    }
    openElsewhere(from, READ, `output ${run.token}`, opened => {
      try {
        if (typeof opened !== 'number') throw opened;
        found[stream] = opened;
        // Now, and not when both are open: many runs may be searched at the same time.
        mustLeaveRoom([opened]);
      } catch (error) {
        closeAll(found);
        done(error instanceof Error ? error : new Error(String(error)));
        return;
      }
      next(others);
    });
  };
  next(STREAMS);
}
