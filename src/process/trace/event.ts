/** What happens to processes, as a trace tells it: from the process connector, or from snapshots. */
import type {SignalName} from '../../base/signal-name.ts';

export type TraceEvent = {
  /** Wall clock, ms. */
  readonly at: number;
} &
  /** `pid` null: whose child it was, nobody saw. */
  (
    | {readonly type: 'fork'; readonly pid: number | null; readonly child: number}
    | {readonly type: 'exec'; readonly pid: number}
    | {readonly type: 'setsid'; readonly pid: number}
    | {readonly type: 'comm'; readonly pid: number; readonly name: string}
    | {
        readonly type: 'exit';
        readonly pid: number;
        /** Null: not known. */
        readonly ppid: number | null;
        /** Both null: how it ended is not known. */
        readonly code: number | null;
        readonly signal: SignalName | null;
      }
  );
