/**
 * Orders of the controller to the keeper: JSON, one message a line, over the socket pair that the controller inherits.
 * Every order carries the number of the controller's lease; lower ones are refused, so an old controller that wakes up
 * again changes nothing.
 */
import type {SignalName} from '../base/signal-name.ts';
import type {Grant} from './channels.ts';
import type {SpawnOrder} from './spawn.ts';

/** Orders to the keeper. Those with `ask` are answered by a `reply` with the same number. */
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
  /** Take in what the run has sent and nobody has read yet; answered after it was told. */
  | {readonly type: 'listen'; readonly ask: number; readonly token: string}
  /** Look for those that have lost their parents; answered after they were told of. */
  | {readonly type: 'look-for-orphans'; readonly ask: number}
  /** Tell when output of the run was moved to its log, until `unwatch`. */
  | {readonly type: 'watch'; readonly token: string}
  | {readonly type: 'unwatch'; readonly token: string}
  | {readonly type: 'reopen-logs'}
  /** All that are declared; others are closed. */
  | {readonly type: 'channels'; readonly channels: readonly Grant[]}
  /** The controller answers on its socket. */
  | {readonly type: 'ready'}
  | {readonly type: 'beat'}
  /** Programs (probes, hooks) are run for workers from now on: they may leave orphans, too. */
  | {readonly type: 'helper-started'}
  /** From a controller that was shown a handshake: whether it can take over (null), or why not. */
  | {readonly type: 'prepared'; readonly error: string | null}
  /** Another copy of the programs is to take over: its name. */
  | {readonly type: 'upgrade'; readonly code: string}
  /** All is committed and the control socket is free: the lease is another controller's. */
  | {readonly type: 'hand-over'}
  /** The lease is kept: nothing is upgraded, and why. */
  | {readonly type: 'keep-lease'; readonly message: string}
  /** All is recorded and nothing runs: leave, and take the anchor along. */
  | {readonly type: 'leave'}
);

export type OrderType = Order['type'];

export type OrderOf<T extends OrderType> = Extract<Order, {readonly type: T}>;

/** How an asked order went: whom it reached, or what went wrong (`ESRCH`, `EPERM`, ...). */
export interface Reply {
  readonly ok: boolean;
  readonly error: string | null;
  readonly pids: readonly number[];
  /** Other processes of the run that it did not reach, though they are there; not there: none. */
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
