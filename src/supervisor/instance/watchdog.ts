/** A watchdog that is not fed: whose time is counted, and what follows when it is over. */
import {endRun} from './ending.ts';
import {watchdogWords} from './exit.ts';
import {line, ofRun} from './journal.ts';
import {withRun} from './run.ts';
import {usesNotify} from '../../fleet/readiness.ts';
import type {WorkerSpec} from '../../fleet/types.ts';
import type {Effect, Instance} from '../types.ts';

/** Whether it can be heard at all: without a watchdog of its own it may still ask for one (`WATCHDOG_USEC=`). */
const isHeard = (spec: WorkerSpec): boolean => usesNotify(spec);

/** The run that feeds its watchdog if it has one: it is ready, and neither paused nor being ended. */
function feeding({status, run}: Instance): string | null {
  return status === 'ready' && run?.pausedAt === null ? run.token : null;
}

/** Whether its time is counted. */
export const isWatched = (instance: Instance, spec: WorkerSpec): boolean => feeding(instance) !== null && isHeard(spec);

/**
 * Where a step begins or ends the counting, or begins it for another run. A worker that comes back before it has left may
 * have a definition by now with which nobody counts any more: with the run, that is forgotten, too.
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
 * Ended by SIGABRT; a failure, whatever it exits with. One that is paused can't feed it, and one that
 * is wanted down goes when its turn comes, after those that depend on it.
 */
export const watchdogMissed = withRun<'watchdog-missed'>((instance, run, {asked}, {spec}) => {
  if (run.pausedAt !== null || run.pid === null || instance.wanted === 'down') return [instance, []];
  const reason = asked ? 'asked for its end by WATCHDOG=trigger' : watchdogWords(spec);
  const [ended, effects] = endRun(instance, run, {why: 'watchdog', reason}, spec);
  return [ended, [line({type: 'watchdog-missed', ...ofRun(instance), reason}), ...effects]];
});
