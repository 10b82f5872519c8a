/**
 * The life cycle of an instance: one table of handlers by status and event. Only these handlers change a status.
 *
 *                spawn            exited                        cleared
 *     pending ──────────▶ starting ──────▶ backoff | finished | failed ──▶ (same, and the next run may begin)
 *                            │ ready
 *                            ▼      end             exited, cleared
 *                          ready ──────▶ stopping ─────────────────▶ stopped (wanted down) | pending (wanted up)
 */
import {alarm, alarmDue} from './alarms.ts';
import {extend, mainProcess} from './notifications.ts';
import {watchdogEffects, watchdogMissed} from './watchdog.ts';
import {cleared, end, exited, runtimeDue, stoppingCleared, stoppingEnd} from './ending.ts';
import type {Context, EventMap, EventType, Handler, LifeEvent, Step} from './events.ts';
import {healthFailed} from './health.ts';
import {line, ofInstance} from './journal.ts';
import {memoryExceeded} from './memory.ts';
import {factContinued, factPaused, pause, resume} from './pausing.ts';
import {ready, readyTimeout, saidReady} from './readiness.ts';
import {
  failedRegroup,
  finishedRegroup,
  restingGiveUp,
  runningGiveUp,
  runningRegroup,
  stoppingGiveUp,
  stoppingRegroup,
} from './regrouping.ts';
import {
  found,
  readySpawned,
  spawn,
  startingSpawned,
  startingSpawnFailed,
  stoppingSpawned,
  stoppingSpawnFailed,
  wait,
} from './spawning.ts';
import {reschedule, timeHasCome, timeIsSkipped} from './scheduling.ts';
import type {Instance, Status} from '../types.ts';
import {restingChange, runningChange, stoppingChange} from './file-changed.ts';
import {
  restart,
  restingStop,
  runningRestart,
  runningStart,
  runningStop,
  start,
  stoppingRestart,
  stoppingStart,
  stoppingStop,
} from './requests.ts';
import {zombieLeft} from './zombies.ts';

/** The handlers of one status. */
type Row = {readonly [K in EventType]: Handler<K>};

/** Ignores an event that comes too late or requests the current state. */
const ignore = (instance: Instance): Step => [instance, []];

/** Without a run: facts and deadlines of runs are ignored, except that the last run may still be cleared. */
const resting: Row = {
  found,
  spawned: ignore,
  'spawn-failed': ignore,
  exited: ignore,
  cleared,
  paused: ignore,
  continued: ignore,
  'probe-ready': ignore,
  'health-failed': ignore,
  'said-ready': ignore,
  'main-process': ignore,
  extend: ignore,
  'watchdog-missed': ignore,
  'memory-exceeded': ignore,
  'zombie-left': ignore,
  start,
  stop: restingStop,
  restart,
  'file-changed': restingChange,
  pause: ignore,
  resume: ignore,
  alarm: ignore,
  spawn: ignore,
  wait: ignore,
  end: ignore,
  regroup: ignore,
  'give-up': ignore,
  reschedule,
  'schedule-due': timeIsSkipped,
  'ready-due': ignore,
  'ready-timeout': ignore,
  'alarm-due': ignore,
  'runtime-due': ignore,
};

/** With a run that is not being ended. */
const running = {
  found,
  cleared: ignore,
  paused: factPaused,
  continued: factContinued,
  'main-process': mainProcess,
  extend,
  'watchdog-missed': watchdogMissed,
  'memory-exceeded': memoryExceeded,
  'zombie-left': zombieLeft,
  start: runningStart,
  stop: runningStop,
  restart: runningRestart,
  'file-changed': runningChange,
  pause,
  resume,
  alarm,
  spawn: ignore,
  wait: ignore,
  end,
  exited,
  regroup: runningRegroup,
  'give-up': runningGiveUp,
  reschedule,
  'schedule-due': timeIsSkipped,
  'alarm-due': alarmDue,
  'runtime-due': runtimeDue,
} satisfies Partial<Row>;

const lifecycle: Readonly<Record<Status, Row>> = {
  stopped: resting,
  pending: {...resting, spawn, wait, 'schedule-due': timeHasCome, 'give-up': restingGiveUp},
  backoff: {...resting, spawn, wait, 'give-up': restingGiveUp},
  finished: {...resting, regroup: finishedRegroup},
  failed: {...resting, regroup: failedRegroup},
  starting: {
    ...running,
    spawned: startingSpawned,
    'spawn-failed': startingSpawnFailed,
    'probe-ready': ready,
    'health-failed': ignore,
    'said-ready': saidReady,
    'ready-due': ready,
    'ready-timeout': readyTimeout,
  },
  ready: {
    ...running,
    spawned: readySpawned,
    'spawn-failed': ignore,
    'probe-ready': ignore,
    'health-failed': healthFailed,
    'said-ready': ignore,
    'ready-due': ignore,
    'ready-timeout': ignore,
  },
  stopping: {
    found,
    spawned: stoppingSpawned,
    'spawn-failed': stoppingSpawnFailed,
    exited,
    cleared: stoppingCleared,
    paused: factPaused,
    continued: factContinued,
    'probe-ready': ignore,
    'health-failed': ignore,
    'said-ready': ignore,
    'main-process': mainProcess,
    // The keeper applies extensions of the stop timeout itself.
    extend: ignore,
    'watchdog-missed': ignore,
    'memory-exceeded': ignore,
    'zombie-left': ignore,
    start: stoppingStart,
    stop: stoppingStop,
    restart: stoppingRestart,
    'file-changed': stoppingChange,
    // A frozen process can't handle its stop signal.
    pause: ignore,
    resume: ignore,
    alarm: ignore,
    spawn: ignore,
    wait: ignore,
    end: stoppingEnd,
    regroup: stoppingRegroup,
    'give-up': stoppingGiveUp,
    reschedule,
    'schedule-due': timeIsSkipped,
    'ready-due': ignore,
    'ready-timeout': ignore,
    'alarm-due': ignore,
    'runtime-due': ignore,
  },
};

/** Applies an event to an instance. A change of status is journaled, after the events that caused it. */
export function step(instance: Instance, event: LifeEvent, context: Context): Step {
  const [next, effects] = handle(lifecycle[instance.status], event.type, event, instance, context);
  const all = [...effects, ...watchdogEffects(instance, next, context.spec)];
  if (next.status === instance.status) return [next, all];
  const {status: to, reason} = next;
  return [next, [...all, line({type: 'status-changed', ...ofInstance(next), from: instance.status, to, reason})]];
}

function handle<K extends EventType>(
  row: Row,
  type: K,
  event: EventMap[K],
  instance: Instance,
  context: Context,
): Step {
  return row[type](instance, event, context);
}
