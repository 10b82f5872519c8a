/** The FIFOs of a run's output: made for a new one, found for one that an earlier keeper has started. */
import {constants, existsSync, openSync, rmSync} from 'node:fs';
import type {EarlierPipes} from '../pipe-store/earlier.ts';
import {pathOfUnnamed, type Writer} from './unnamed-fifo.ts';
import type {SpawnOrder} from '../../link/spawn.ts';
import {mustLeaveRoom} from '../files/descriptor-reserve.ts';
import {fifoPath, STREAMS, type Stream} from '../../logs/layout.ts';
import {openElsewhere} from '../../posix/elsewhere.ts';
import {closePipe, makeFifo} from '../../posix/fifo.ts';

/** The reading end of each; null where there is none any more. */
export type Fifos = Readonly<Record<Stream, number | null>>;

const READ = constants.O_RDONLY | constants.O_NONBLOCK;

function closeAll(fifos: Fifos): void {
  for (const fd of Object.values(fifos)) if (fd !== null) closePipe(fd);
}

export const removeFifos = (folder: string, token: string): void => {
  for (const stream of STREAMS) rmSync(fifoPath(folder, token, stream), {force: true});
};

/**
 * Makes and opens those of a new run. Nobody else has them yet, so this waits for nobody. Throws what the kernel refuses;
 * nothing is left then.
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
 * Gives those of a run that lives, or why they can't be opened: at once where all are in the queue beside the keeper, else
 * once a thread has opened them, for which its processes may have this wait for ever.
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
    // Of one that is gone, the last writer was gone before the earlier keeper died.
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
        // Now, and not when both are open: many runs may be found at the same time.
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
