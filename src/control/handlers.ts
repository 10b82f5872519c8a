/** Who answers what clients ask for. */
import type {EventRecord} from '../journal/record.ts';
import type {Method, Params, Progress, Result} from './messages.ts';

/** What a handler may do beside answering. */
export interface CallContext {
  readonly requestId: number | string | null;
  /** The client's process; null where that can't be told. */
  readonly peerPid: number | null;
  /** Aborted when the client is gone: the whole connection, not only this request. */
  readonly signal: AbortSignal;
  /** Tells what is still waited for. */
  readonly progress: (waiting: Progress['waiting']) => void;
  /**
   * For `watch`: sends a record of the past, before those that happen from now on. Rising `seq`; others are left out.
   * Where the client is behind with reading, the promise is to be waited for before the next one.
   */
  readonly replay: (record: EventRecord) => Promise<void> | null;
}

export type Handlers = {
  readonly [M in Method]: (params: Params<M>, context: CallContext) => Promise<Result<M>> | Result<M>;
};
