/** Events of processes in a trace, from the process connector or from snapshots. */
import type {SignalName} from '../../base/signal-name.ts';

export type TraceEvent = {
  /** Wall clock, ms. */
  readonly at: number;
} &
  /** `pid` null: the parent is unknown. */
  (
    | {readonly type: 'fork'; readonly pid: number | null; readonly child: number}
    | {readonly type: 'exec'; readonly pid: number}
    | {readonly type: 'setsid'; readonly pid: number}
    | {readonly type: 'comm'; readonly pid: number; readonly name: string}
    | {
        readonly type: 'exit';
        readonly pid: number;
        /** Null: unknown. */
        readonly ppid: number | null;
        /** Both null: how it ended is unknown. */
        readonly code: number | null;
        readonly signal: SignalName | null;
      }
  );
