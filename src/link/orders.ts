/**
 * Orders of the controller to the keeper: JSON, one message a line, over the socket pair that the controller inherits.
 * Every order carries the number of the controller's lease. Orders with a lower number are rejected, so an old
 * controller that resumes after a stop changes nothing.
 */
import type {SignalName} from '../base/signal-name.ts';
import type {Grant} from './channels.ts';
import type {SpawnOrder} from './spawn.ts';

/** An order to the keeper. An order with `ask` gets a `reply` with the same number. */
export type Order = {readonly lease: number} & (
  | ({readonly type: 'spawn'} & SpawnOrder)
  | {readonly type: 'end'; readonly token: string; readonly signal: SignalName; readonly timeoutMs: number}
  | {readonly type: 'clear'; readonly token: string; readonly graceMs: number}
  | {readonly type: 'forget'; readonly tokens: readonly string[]}
  | {
      readonly type: 'signal';
      readonly ask: number;
      readonly pid: number;
      readonly startTime: string;
      readonly signal: number;
    }
  | {
      readonly type: 'signal-run';
      readonly ask: number;
      readonly token: string;
      readonly signal: number;
      readonly tree: boolean;
    }
  | {readonly type: 'freeze'; readonly ask: number; readonly token: string}
  | {readonly type: 'thaw'; readonly ask: number; readonly token: string}
  | {
      readonly type: 'nice';
      readonly ask: number;
      readonly pid: number;
      readonly startTime: string;
      readonly nice: number;
    }
  /** Read the pending notifications of the run. The reply follows their facts. */
  | {readonly type: 'listen'; readonly ask: number; readonly token: string}
  /** Look for orphans. The reply follows their facts. */
  | {readonly type: 'look-for-orphans'; readonly ask: number}
  /** Report when output of the run was moved to its log, until `unwatch`. */
  | {readonly type: 'watch'; readonly token: string}
  | {readonly type: 'unwatch'; readonly token: string}
  | {readonly type: 'reopen-logs'}
  /** All declared channels; others are closed. */
  | {readonly type: 'channels'; readonly channels: readonly Grant[]}
  /** The controller accepts requests on its socket. */
  | {readonly type: 'ready'}
  | {readonly type: 'beat'}
  /** The controller starts to run programs for workers (probes, hooks), which may leave orphans, too. */
  | {readonly type: 'helper-started'}
  /** The reply to a `handshake`: null if the controller can take over, or why not. */
  | {readonly type: 'prepared'; readonly error: string | null}
  /** Upgrade to another copy of the programs; `code` is its name. */
  | {readonly type: 'upgrade'; readonly code: string}
  /** All is committed and the control socket is free: the lease may pass to another controller. */
  | {readonly type: 'hand-over'}
  /** The controller keeps its lease, so the upgrade is cancelled; `message` is the reason. */
  | {readonly type: 'keep-lease'; readonly message: string}
  /** All is recorded and nothing runs: exit, and end the anchor. */
  | {readonly type: 'leave'}
);

export type OrderType = Order['type'];

export type OrderOf<T extends OrderType> = Extract<Order, {readonly type: T}>;

/** The result of an order with `ask`: the processes that it reached, or the error (`ESRCH`, `EPERM`, ...). */
export interface Reply {
  readonly ok: boolean;
  readonly error: string | null;
  readonly pids: readonly number[];
  /** Other processes of the run that exist and were not reached. Absent: none. */
  readonly refused?: readonly Refused[];
}

/** A process to which a signal could not be sent. */
export interface Refused {
  readonly pid: number;
  /** Untrusted. */
  readonly name: string;
  /** `EPERM`, ... */
  readonly error: string;
}
