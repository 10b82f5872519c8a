/** The consistency of readiness probes and watchdogs with the state of the core. */
import {promise} from '../failure.ts';
import type {World} from './world.ts';

/**
 * Checks that only starting runs are probed, that each run with a readiness deadline is probed or reports its readiness
 * itself, and that a watchdog counts while its run is ready and not paused, and at no other time.
 */
export function checkWatching({keeper: {probing, watched}, core, file}: World): void {
  for (const token of probing) {
    promise(core.byToken(token)?.status === 'starting', () => `${token} is asked, but not starting`);
  }
  const canFeed = new Set<string>();
  for (const {id, worker, run, status, leaving} of core.instances()) {
    const {ready, watchdogMs} = core.specOf(worker);
    const reports = ready?.kind === 'notify' || ready?.kind === 'fd';
    promise(run?.readyBy == null || reports || probing.has(run.token), () => `${id} should be ready, but nobody asks`);
    if (run === null || status !== 'ready' || run.pausedAt !== null) continue;
    canFeed.add(run.token);
    // An instance that is back with another definition before its old run has ended keeps its old watchdog.
    if (!file.workers.some(({name}) => name === worker) || run.ending !== null || leaving) continue;
    const counts = watchdogMs !== null || ready?.kind === 'notify';
    promise(!counts || watched.has(run.token), () => `nobody counts for the watchdog of ${id}`);
  }
  for (const token of watched) {
    const instance = core.byToken(token);
    const {ready, watchdogMs} = instance ? core.specOf(instance.worker) : {ready: null, watchdogMs: null};
    const counts = watchdogMs !== null || ready?.kind === 'notify';
    promise(!counts || canFeed.has(token), () => `the watchdog of ${token} is counted, but ${token} can't feed it`);
  }
}
