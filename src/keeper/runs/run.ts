/** What the keeper holds of one run, from the order to spawn it until the controller has committed its end. */
import type {Cleared, ExitFact, LogStart, Notice, RunFact, SpawnFailure, Unenforced} from '../../link/runs.ts';
import type {SignalName} from '../../base/signal-name.ts';
import type {Intent} from './shape.ts';

/** The processes that come from a run's main process, as the process connector has told. */
export interface Lineage {
  /** All that are known to live, up to this moment, the main process among them; some may have ended just now. */
  known(): ReadonlySet<number>;
  /** Whether any of them lives (a zombie does not). */
  isAlive(): boolean;
  /** Why a process that is not known may be the run's; null: none was missed since the main process was forked. */
  readonly gap: string | null;
}

/** The pipes of both streams of a run. */
export interface RunStreams {
  /** Descriptors for the worker, to be closed after the spawn. */
  openForWorker(): number[];
  /** The run was never started. */
  discard(): void;
  /** Calls back once all that the run wrote is in its logs. */
  drain(done: () => void): void;
}

export interface Run {
  readonly token: string;
  readonly id: string;
  readonly stopSignal: SignalName;
  readonly stopTimeoutMs: number;
  readonly logStart: LogStart;
  /** What its record began with, should that be removed; null: it was torn when this keeper found it. */
  readonly intent: Intent | null;
  readonly pid: number | null;
  readonly startTime: string | null;
  readonly startedAt: number | null;
  /** Start time of the first main process, where another one has taken its place. */
  readonly since: string | null;
  /** A handle for the main process, while it lives; null also where there was no descriptor to spare. */
  readonly pidfd: number | null;
  /** The keeper is not its parent: it was spawned by one that died. */
  readonly adopted: boolean;
  /** Its main process is, or was, this process's child. */
  readonly child: boolean;
  /** Its processes that lose their parents become children of a process outside of the fleet. */
  readonly astray: boolean;
  readonly paused: boolean;
  readonly exit: ExitFact | null;
  readonly failure: SpawnFailure | null;
  readonly cleared: Cleared | null;
  /** What it has said of itself and still holds; null: nothing. */
  readonly notice: Notice | null;
  /** Path of its cgroup; null where there is none. */
  readonly cgroup: string | null;
  /** Null: nobody listens. */
  readonly lineage: Lineage | null;
  readonly unenforced: Unenforced;
  readonly output: RunStreams | null;
  /** Its processes that became the keeper's own children: pid to start time. */
  readonly orphans: Map<number, string>;
  /** Of an adopted run: its processes at the last look while its main process lived, pid to start time. */
  readonly known: Map<number, string>;
}

/** One of which nothing has happened yet. */
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

/** Clock ticks since boot at which its first process started: none of its processes is older. Null: not known. */
export function firstStartOf({since, startTime}: Pick<Run, 'since' | 'startTime'>): number | null {
  const ticks = Number(since ?? startTime ?? '');
  return ticks > 0 ? ticks : null;
}

/** Nothing of it lives: all is cleared, or it was never spawned. */
export const isOver = (run: Run): boolean => run.cleared !== null || run.failure !== null;

/** Whether its main process lives. */
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
