/** The keeper's state of one run, from the order to spawn it until the controller has committed its end. */
import type {Cleared, ExitFact, LogStart, Notice, RunFact, SpawnFailure, Unenforced} from '../../link/runs.ts';
import type {SignalName} from '../../base/signal-name.ts';
import type {Intent} from './shape.ts';

/** The processes that descend from a run's main process, as reported by the process connector. */
export interface Lineage {
  /**
   * Returns the known living processes up to this moment, the main process among them; some may have ended just now.
   */
  known(): ReadonlySet<number>;
  /** Returns whether any of them lives (a zombie does not). */
  isAlive(): boolean;
  /** Why an unknown process may be the run's; null: no fork was missed since the main process was forked. */
  readonly gap: string | null;
}

/** The pipes of both streams of a run. */
export interface RunStreams {
  /** Opens descriptors for the worker, to be closed after the spawn. */
  openForWorker(): number[];
  /** Closes the pipes of a run that was never started. */
  discard(): void;
  /** Calls back once all output of the run is in its logs. */
  drain(done: () => void): void;
}

export interface Run {
  readonly token: string;
  readonly id: string;
  readonly stopSignal: SignalName;
  readonly stopTimeoutMs: number;
  readonly logStart: LogStart;
  /**
   * The first line of its record, should that be removed; null before it is recorded, or if it was torn when this
   * keeper found it.
   */
  readonly intent: Intent | null;
  readonly pid: number | null;
  readonly startTime: string | null;
  readonly startedAt: number | null;
  /** Start time of the first main process, if another one has replaced it. */
  readonly since: string | null;
  /** Descriptor of the main process while it lives; null also if no descriptor was to spare. */
  readonly pidfd: number | null;
  /** Whether the main process is watched like one that an earlier keeper has spawned. */
  readonly adopted: boolean;
  /** Whether the main process is, or was, a child of this process. */
  readonly child: boolean;
  /** Whether processes of the run that lose their parents become children of a process outside of the fleet. */
  readonly astray: boolean;
  readonly paused: boolean;
  readonly exit: ExitFact | null;
  readonly failure: SpawnFailure | null;
  readonly cleared: Cleared | null;
  /** Notices of the run that still hold; null: none. */
  readonly notice: Notice | null;
  /** Path of the run's cgroup; null if it has none. */
  readonly cgroup: string | null;
  /** Null if forks are not followed. */
  readonly lineage: Lineage | null;
  readonly unenforced: Unenforced;
  readonly output: RunStreams | null;
  /** Orphans and leftovers of the run: pid to start time. */
  readonly orphans: Map<number, string>;
  /** Of an adopted run: its known processes as of the last scan while its main process lived, pid to start time. */
  readonly known: Map<number, string>;
}

/** Creates a run before its first event. */
export const newRun = (intended: Pick<Run, 'token' | 'id' | 'stopSignal' | 'stopTimeoutMs' | 'logStart'>): Run => ({
  ...intended,
  intent: null,
  pid: null,
  startTime: null,
  startedAt: null,
  since: null,
  pidfd: null,
  adopted: false,
  child: true,
  astray: false,
  paused: false,
  exit: null,
  failure: null,
  cleared: null,
  notice: null,
  cgroup: null,
  lineage: null,
  unenforced: {memory: null, cpu: null},
  output: null,
  orphans: new Map(),
  known: new Map(),
});

/**
 * Returns the start time of the run's first process (clock ticks since boot): no process of the run is older. Null:
 * unknown.
 */
export function firstStartOf({since, startTime}: Pick<Run, 'since' | 'startTime'>): number | null {
  const ticks = Number(since ?? startTime ?? '');
  return ticks > 0 ? ticks : null;
}

/** Returns whether nothing of the run lives: all is cleared, or it was never spawned. */
export const isOver = (run: Run): boolean => run.cleared !== null || run.failure !== null;

/** Returns whether the main process lives. */
export const isAlive = (run: Run | undefined): boolean => run !== undefined && run.pid !== null && run.exit === null;

export const factOf = (run: Run): RunFact => ({
  token: run.token,
  id: run.id,
  pid: run.pid,
  startTime: run.startTime,
  startedAt: run.startedAt,
  adopted: run.adopted && !run.child,
  paused: run.paused,
  logStart: run.logStart,
  exit: run.exit,
  failure: run.failure,
  notice: run.notice,
  cleared: run.cleared,
  unenforced: run.unenforced,
});
