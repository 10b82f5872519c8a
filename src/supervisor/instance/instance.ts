import type {Instance, Run, Status} from '../types.ts';
import {NO_HISTORY} from './restart.ts';

/** Creates an instance before its first run. */
export function newInstance(worker: string, number: number, wanted: Instance['wanted']): Instance {
  return {
    id: `${worker}/${number}`,
    worker,
    number,
    wanted,
    status: wanted === 'up' ? 'pending' : 'stopped',
    unhealthy: false,
    leaving: false,
    run: null,
    clearing: null,
    survivors: [],
    proof: null,
    restarts: 0,
    ...NO_HISTORY,
    backoff: null,
    nextRunAt: null,
    lastDueAt: null,
    released: false,
    exit: null,
    reason: null,
  };
}

/** Creates a run whose spawn is requested at `mono` (CLOCK_MONOTONIC, ms). */
export function newRun(token: string, mono: number): Run {
  return {
    token,
    pid: null,
    startTime: null,
    startedAt: null,
    since: mono,
    readyBy: null,
    readyAt: null,
    alarmAt: null,
    endAt: null,
    pausedAt: null,
    ending: null,
    probed: false,
    adopted: false,
  };
}

/** Returns whether any process of an instance may still live. */
export function isAlive(instance: Instance): boolean {
  return instance.run !== null || instance.clearing !== null;
}

/** Every status, worst first for a dependent: the first one that occurs is the reason for its wait. */
export const STATUSES: readonly Status[] = [
  'failed',
  'backoff',
  'pending',
  'stopping',
  'starting',
  'ready',
  'finished',
  'stopped',
];
