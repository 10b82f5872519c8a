import type {WorkerSpec} from '../../fleet/types.ts';
import type {RestartRate} from './rate.ts';
import type {Calendar} from '../calendar.ts';
import type {Effect, Input, Instance, Time} from '../types.ts';

/** What may happen to one instance: a fact about its run, a wish, a deadline, or its turn in the order. */
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
  /** A run of it lives of which nothing was known. */
  | {readonly type: 'found'; readonly token: string; readonly missed: number}
  /** It is wanted up, with a clean slate. */
  | {readonly type: 'start'; readonly inTime: boolean}
  /** It is wanted down; and vanishes once it is, if it is to `leave`. */
  | {readonly type: 'stop'; readonly leave: boolean}
  /** It is wanted up in a new run. `stay`: if it was leaving the fleet, it no longer does. */
  | {readonly type: 'restart'; readonly why: 'restart' | 'changed'; readonly stay: boolean}
  /** It is wanted up in a new run, since a file that it watches has changed. */
  | {readonly type: 'file-changed'; readonly path: string}
  | {readonly type: 'pause'}
  | {readonly type: 'resume'}
  | {readonly type: 'alarm'; readonly seconds: number}
  /** All that it waited for is there. */
  | {readonly type: 'spawn'}
  /** It would start, but must wait. */
  | {readonly type: 'wait'; readonly reason: string}
  /** Its turn to be ended has come. `now`: without a timeout. */
  | {readonly type: 'end'; readonly reason: string | null; readonly now: boolean}
  /** Another one of its group failed, and it is restarted with that one. */
  | {readonly type: 'regroup'; readonly reason: string}
  /** Its group gave up, and it with the group. */
  | {readonly type: 'give-up'; readonly reason: string}
  /** When its schedule is due is to be found out (anew). */
  | {readonly type: 'reschedule'}
  | {readonly type: 'schedule-due'}
  /** `ready: {after}` has passed. */
  | {readonly type: 'ready-due'}
  | {readonly type: 'ready-timeout'}
  | {readonly type: 'alarm-due'}
  | {readonly type: 'runtime-due'};

export type EventType = LifeEvent['type'];

/** The events by their names. */
export type EventMap = {readonly [E in LifeEvent as E['type']]: E};

/** What a step may know beside the instance and the event. */
export interface Context {
  readonly spec: WorkerSpec;
  readonly now: Time;
  /** A token that no run has had. */
  readonly newToken: () => string;
  /** 0 to 1, for jitter. */
  readonly random: () => number;
  readonly calendar: Calendar;
  /** Every automatic restart takes its turn there. */
  readonly rate: Pick<RestartRate, 'admit' | 'charge'>;
}

/** The instance as it is after the event, and what is to be done, in this order. */
export type Step = readonly [Instance, readonly Effect[]];

export type Handler<K extends EventType> = (instance: Instance, event: EventMap[K], context: Context) => Step;
