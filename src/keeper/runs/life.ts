/**
 * A run's life in the keeper: its states, the events that are possible in each, and what they change. No other module
 * assigns these fields of a run.
 */
import type {Cleared, ExitFact, Notice, SpawnFailure, Unenforced} from '../../link/runs.ts';
import type {Run} from './run.ts';
import type {Intent} from './shape.ts';

export type RunState = 'ordered' | 'alive' | 'ended' | 'failed' | 'cleared';

export function stateOf({pid, exit, failure, cleared}: Pick<Run, 'pid' | 'exit' | 'failure' | 'cleared'>): RunState {
  if (cleared !== null) return 'cleared';
  if (failure !== null) return 'failed';
  if (exit !== null) return 'ended';
  return pid === null ? 'ordered' : 'alive';
}

export type RunEvent =
  /**
   * A spawn is about to happen; `astray`: orphans of the run will become children of a process outside of the fleet.
   */
  | {readonly type: 'intended'; readonly intent: Intent; readonly astray: boolean}
  /** The main process was forked, in a cgroup or in none. */
  | {readonly type: 'forked'; readonly pid: number; readonly at: number; readonly cgroup: string | null}
  /** The start time makes the pid an identity. */
  | {readonly type: 'identified'; readonly startTime: string}
  /** The limits are set, except those in `unenforced`, with the reasons. */
  | {readonly type: 'limited'; readonly unenforced: Unenforced}
  | {readonly type: 'failed'; readonly failure: SpawnFailure}
  /** Another process is the main one from now on. */
  | {readonly type: 'main-changed'; readonly pid: number; readonly startTime: string}
  | {readonly type: 'stopped'}
  | {readonly type: 'continued'}
  /** All notices so far that still hold. */
  | {readonly type: 'noticed'; readonly notice: Notice}
  | {readonly type: 'exited'; readonly exit: ExitFact}
  | {readonly type: 'cleared'; readonly cleared: Cleared};

type Mutable<T> = {-readonly [K in keyof T]: T[K]};
type EventType = RunEvent['type'];
type EventOf<T extends EventType> = Extract<RunEvent, {readonly type: T}>;

interface Transition<T extends EventType> {
  /** In other states the event is too late or too early, and changes nothing. */
  readonly from: readonly RunState[];
  readonly change: (run: Mutable<Run>, event: EventOf<T>) => void;
}

const LIFE: {readonly [T in EventType]: Transition<T>} = {
  intended: {
    from: ['ordered'],
    change(run, {intent, astray}) {
      run.intent = intent;
      run.astray = astray;
    },
  },
  forked: {
    from: ['ordered'],
    change(run, {pid, at, cgroup}) {
      run.pid = pid;
      run.startedAt = at;
      run.cgroup = cgroup;
    },
  },
  identified: {from: ['alive'], change: (run, {startTime}) => void (run.startTime = startTime)},
  limited: {from: ['alive'], change: (run, {unenforced}) => void (run.unenforced = unenforced)},
  failed: {from: ['ordered'], change: (run, {failure}) => void (run.failure = failure)},
  'main-changed': {
    from: ['alive', 'cleared'],
    change(run, {pid, startTime}) {
      run.pid = pid;
      run.since ??= run.startTime;
      run.startTime = startTime;
      // Whatever its parent, the process is watched like those that another keeper has spawned.
      run.adopted = true;
    },
  },
  stopped: {from: ['alive', 'cleared'], change: run => void (run.paused = true)},
  continued: {from: ['alive', 'cleared'], change: run => void (run.paused = false)},
  // The last notice may be read after the end.
  noticed: {from: ['ordered', 'alive', 'ended', 'cleared'], change: (run, {notice}) => void (run.notice = notice)},
  // A pidfd may report the end when nothing of the run was found any more.
  exited: {from: ['alive', 'cleared'], change: (run, {exit}) => void (run.exit ??= exit)},
  // On a kernel that reports no end, a run stays alive although nothing of it is left.
  cleared: {from: ['ordered', 'alive', 'ended', 'failed'], change: (run, {cleared}) => void (run.cleared = cleared)},
};

function change<T extends EventType>(type: T, run: Run, event: EventOf<T>): boolean {
  const transition = LIFE[type];
  if (!transition.from.includes(stateOf(run))) return false;
  transition.change(run, event);
  return true;
}

/** Applies an event to a run. Returns whether the event is possible in the run's state. */
export const happen = (run: Run, event: RunEvent): boolean => change(event.type, run, event);

/** The keeper's own resources for a run: no part of its life, and replaceable in any state. */
export type Equipment = Pick<Run, 'output' | 'lineage' | 'pidfd'>;

export const equip = (run: Mutable<Run>, equipment: Partial<Equipment>): void => void Object.assign(run, equipment);
