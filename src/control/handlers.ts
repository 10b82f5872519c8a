/** Types of the handlers of client requests. */
import type {EventRecord} from '../journal/record.ts';
import type {Method, Params, Progress, Result} from './messages.ts';

/** What a handler can use besides its return value. */
export interface CallContext {
  readonly requestId: number | string | null;
  /** The client's process, or null if it is unknown. */
  readonly peerPid: number | null;
  /** Aborts when the whole connection is gone, not only this request. */
  readonly signal: AbortSignal;
  /** Reports what the request still waits for. */
  readonly progress: (waiting: Progress['waiting']) => void;
  /**
   * For `watch`: sends a past record, before the records that happen from now on. `seq` must increase; a record that
   * does not increase it is skipped. If the client is behind with reading, the handler must wait for the returned
   * promise before the next record.
   */
  readonly replay: (record: EventRecord) => Promise<void> | null;
}

export type Handlers = {
  readonly [M in Method]: (params: Params<M>, context: CallContext) => Promise<Result<M>> | Result<M>;
};
