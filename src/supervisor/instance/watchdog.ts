/** Watchdogs: which runs are watched, and the effect of a missed one. */
import {endRun} from './ending.ts';
import {watchdogWords} from './exit.ts';
import {line, ofRun} from './journal.ts';
import {withRun} from './run.ts';
import {usesNotify} from '../../fleet/readiness.ts';
import type {WorkerSpec} from '../../fleet/types.ts';
import type {Effect, Instance} from '../types.ts';

/** Whether the worker has a notify socket: even without a configured watchdog it may request one (`WATCHDOG_USEC=`). */
const isHeard = (spec: WorkerSpec): boolean => usesNotify(spec);

/** Returns the token of a run that must feed its watchdog, if it has one: ready, and neither paused nor being ended. */
function feeding({status, run}: Instance): string | null {
  return status === 'ready' && run?.pausedAt === null ? run.token : null;
}

/** Returns whether the watchdog of an instance is running. */
export const isWatched = (instance: Instance, spec: WorkerSpec): boolean => feeding(instance) !== null && isHeard(spec);

/**
 * Returns the effects if a step starts or stops the watchdog, or starts it for another run. A worker that is added
 * again before it has left may have a definition without a watchdog by now: the watchdog then ends with the run.
 */
export function watchdogEffects(before: Instance, after: Instance, spec: WorkerSpec): readonly Effect[] {
  const [was, is] = [feeding(before), feeding(after)];
  if (was === is || !isHeard(spec)) return [];
  return [
    ...(was === null ? [] : [{type: 'unwatchdog', token: was} as const]),
    ...(is === null ? [] : [{type: 'watchdog', token: is, id: after.id} as const]),
  ];
}

/**
 * Ends the run by SIGABRT, which counts as a failure whatever the exit status. A paused run can't feed its watchdog,
 * and an instance that is wanted down ends when its turn comes, after its dependents.
 */
export const watchdogMissed = withRun<'watchdog-missed'>((instance, run, {asked}, {spec}) => {
  if (run.pausedAt !== null || run.pid === null || instance.wanted === 'down') return [instance, []];
  const reason = asked ? 'triggered its watchdog (WATCHDOG=trigger)' : watchdogWords(spec);
  const [ended, effects] = endRun(instance, run, {why: 'watchdog', reason}, spec);
  return [ended, [line({type: 'watchdog-missed', ...ofRun(instance), reason}), ...effects]];
});
