/** Sends a client the journal records from before it began to watch, in time slices. */
import {TimeSlices} from './time-slices.ts';
import type {CallContext} from '../../control/handlers.ts';
import {recordsAfter} from '../../journal/read.ts';

/** Shared by all clients: ninety requests for the whole journal at once must not keep the controller from its work. */
const turns = new TimeSlices();

/** Sends every record after `afterSeq`, as fast as the client reads and the controller has time. */
export async function tellPast(
  folder: string,
  afterSeq: number,
  {replay, signal}: Pick<CallContext, 'replay' | 'signal'>,
): Promise<void> {
  let isOver = await turns.next();
  // Reads all records, since skipped ones cost time as well.
  for (const record of recordsAfter(folder, -1)) {
    const behind = record.seq > afterSeq ? replay(record) : null;
    if (behind !== null) await behind;
    if (signal.aborted) return;
    if (behind !== null || isOver()) isOver = await turns.next();
  }
}
