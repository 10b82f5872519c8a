/** What was journaled before a client began to watch, told in slices. */
import {Turns} from './turns.ts';
import type {CallContext} from '../control/handlers.ts';
import {recordsAfter} from '../control/journal.ts';

/** Shared by all clients: ninety that ask for the whole journal at once must not keep the controller from its work. */
const turns = new Turns();

/** Sends every record after `afterSeq`, as fast as the client reads and the controller has time. */
export async function tellPast(
  folder: string,
  afterSeq: number,
  {replay, signal}: Pick<CallContext, 'replay' | 'signal'>,
): Promise<void> {
  let isOver = await turns.next();
  for (const record of recordsAfter(folder, afterSeq)) {
    const behind = replay(record);
    if (behind !== null) await behind;
    if (signal.aborted) return;
    if (behind !== null || isOver()) isOver = await turns.next();
  }
}
