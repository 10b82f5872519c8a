import type {WorkerSpec} from '../../fleet/types.ts';
import type {RestartRate} from './rate.ts';
import type {Calendar} from '../calendar.ts';
import type {Effect, Input, Instance, Time} from '../types.ts';

/** An event of one instance: a fact about its run, a request, a deadline, or its turn in the order. */
export type LifeEvent =
  | Extract<
      Input,
      {
        type:
          'spawned' | 'spawn-failed' | 'exited' | 'cleared' | 'paused' | 'continued' | 'probe-ready' | 'health-failed';
      }
    >
  | Extract<
      Input,
      {type: 'said-ready' | 'main-process' | 'extend' | 'watchdog-missed' | 'memory-exceeded' | 'zombie-left'}
    >
  /** An unknown live run of the instance was found. */
  | {readonly type: 'found'; readonly token: string; readonly missed: number}
  /** The instance is wanted up, with a reset history. */
  | {readonly type: 'start'; readonly inTime: boolean}
  /** The instance is wanted down. `leave`: it leaves the fleet once it is down. */
  | {readonly type: 'stop'; readonly leave: boolean}
  /** The instance is wanted up in a new run. `stay`: if it was leaving the fleet, it stays. */
  | {readonly type: 'restart'; readonly why: 'restart' | 'changed'; readonly stay: boolean}
  /** The instance is wanted up in a new run, since a watched file has changed. */
  | {readonly type: 'file-changed'; readonly path: string}
  | {readonly type: 'pause'}
  | {readonly type: 'resume'}
  | {readonly type: 'alarm'; readonly seconds: number}
  /** Nothing blocks the start any more. */
  | {readonly type: 'spawn'}
  /** The start is due but blocked. */
  | {readonly type: 'wait'; readonly reason: string}
  /** The turn of the run to be ended has come. `now`: without a timeout. */
  | {readonly type: 'end'; readonly reason: string | null; readonly now: boolean}
  /** Another instance of the group failed, and this one restarts with it. */
  | {readonly type: 'regroup'; readonly reason: string}
  /** The group gave up, and the instance with it. */
  | {readonly type: 'give-up'; readonly reason: string}
  /** The next due time of the schedule must be computed (again). */
  | {readonly type: 'reschedule'}
  | {readonly type: 'schedule-due'}
  /** `ready: {after}` has passed. */
  | {readonly type: 'ready-due'}
  | {readonly type: 'ready-timeout'}
  | {readonly type: 'alarm-due'}
  | {readonly type: 'runtime-due'};

export type EventType = LifeEvent['type'];

/** The events by type. */
export type EventMap = {readonly [E in LifeEvent as E['type']]: E};

/** The inputs of a step beside the instance and the event. */
export interface Context {
  readonly spec: WorkerSpec;
  readonly now: Time;
  /** Returns a token that no run has had. */
  readonly newToken: () => string;
  /** Returns a number from 0 to 1, for jitter. */
  readonly random: () => number;
  readonly calendar: Calendar;
  /** Assigns a turn to every automatic restart. */
  readonly rate: Pick<RestartRate, 'admit' | 'charge'>;
}

/** The instance after the event, and the effects in order. */
export type Step = readonly [Instance, readonly Effect[]];

export type Handler<K extends EventType> = (instance: Instance, event: EventMap[K], context: Context) => Step;
