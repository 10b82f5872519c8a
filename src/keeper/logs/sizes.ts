/** Current sizes of logs. */
import {statSync} from 'node:fs';
import {currentLog, type Stream} from '../../logs/layout.ts';

/** Returns the bytes in the current log files of a folder. */
export function logSizes(folder: string): Record<Stream, number> {
  const size = (stream: Stream): number => statSync(currentLog(folder, stream), {throwIfNoEntry: false})?.size ?? 0;
  return {out: size('out'), err: size('err')};
}
