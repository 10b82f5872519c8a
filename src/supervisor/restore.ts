/** Restores a core from its snapshot, with the effects that its predecessor may not have carried out. */
import {clearEffect, endEffect} from './instance/ending.ts';
import {isRecord} from './equal.ts';
import {SnapshotError} from './errors.ts';
import type {FleetHead, Stopping} from './fleet/head.ts';
import {Core} from './core.ts';
import type {CoreOptions} from './options.ts';
import {isRateState, NO_RESTARTS, type RateState} from './instance/rate.ts';
import {isReload, type Reload} from './fleet/reloading.ts';
import {Roster} from './fleet/roster.ts';
import {SNAPSHOT_VERSION} from './snapshot.ts';
import type {Effect, Instance} from './types.ts';
import type {WorkerSpec} from '../fleet/types.ts';
import {isWatched} from './instance/watchdog.ts';
import {isGroupHistory, isHead, isInstance, isStopping, isWorker, type GroupHistory} from './fleet/validate.ts';

/**
 * Continues from a snapshot of the same boot.
 *
 * The returned effects repeat orders that the keeper may not have received. The keeper identifies runs by token, so a
 * repeated order changes nothing. Single signals (SIGALRM, SIGSTOP, SIGCONT) are not repeated: whether they were sent
 * is unknown, and a worker that a stranger stopped and continued meanwhile would be frozen for good.
 *
 * @param anew the fleet was started again, which cancels a stop that was under way: runs that are being ended still
 * end, and all instances may start
 * @throws SnapshotError if the snapshot is of another version or malformed
 */
export function restoreCore(text: string, options: CoreOptions, anew = false): {core: Core; effects: Effect[]} {
  const {stopping, head, workers, instances, groups, reload, rate} = parse(text);
  const roster = new Roster();
  for (const {spec, added, removed} of workers) roster.addMember(spec, added).removed = removed;
  const effects: Effect[] = [];
  for (const instance of instances) {
    const member = roster.members.get(instance.worker);
    if (member === undefined) throw malformed(`${instance.id} belongs to no known worker`);
    roster.addCell(member, instance);
    effects.push(...again(instance, member.spec, stopping));
  }
  roster.regroup(head.groups, new Map(groups));
  return {core: new Core(head, anew ? 'no' : stopping, roster, options, {reload, rate}), effects};
}

function again(instance: Instance, spec: WorkerSpec, stopping: Stopping): Effect[] {
  const {id, run, clearing} = instance;
  if (clearing !== null) {
    const effect = clearEffect(clearing, spec);
    return [stopping === 'now' && effect.type === 'clear' ? {...effect, graceMs: 0} : effect];
  }
  if (run === null) return [];
  const {token} = run;
  const effects: Effect[] = [];
  if (run.pid === null) effects.push({type: 'spawn', token, id});
  if (run.ending !== null) effects.push(endEffect(run, spec, stopping === 'now' ? 0 : spec.stop.timeoutMs));
  else if (run.probed) effects.push({type: 'probe', token, id});
  if (isWatched(instance, spec)) effects.push({type: 'watchdog', token, id});
  return effects;
}

interface Parsed {
  readonly stopping: Stopping;
  readonly head: FleetHead;
  readonly workers: readonly {readonly spec: WorkerSpec; readonly added: boolean; readonly removed: boolean}[];
  readonly instances: readonly Instance[];
  readonly groups: readonly GroupHistory[];
  readonly reload: Reload | null;
  readonly rate: RateState;
}

function parse(text: string): Parsed {
  const value = parseJson(text);
  if (!isRecord(value) || typeof value['version'] !== 'number') throw malformed('it has no version');
  if (value['version'] !== SNAPSHOT_VERSION) {
    throw new SnapshotError(
      'version',
      `the snapshot has format ${value['version']}, but this version reads format ${SNAPSHOT_VERSION}: use the version that wrote it`,
    );
  }
  const {stopping, fleet: head, workers, instances: written, groups = [], reload = null, rate = NO_RESTARTS} = value;
  if (!isStopping(stopping)) throw malformed('`stopping` is invalid');
  if (!isHead(head)) throw malformed('the fleet is incomplete');
  if (!Array.isArray(workers) || !workers.every(isWorker)) throw malformed('a worker is incomplete');
  const instances: unknown = Array.isArray(written) ? written.map(completed) : null;
  if (!Array.isArray(instances) || !instances.every(isInstance)) throw malformed('an instance is incomplete');
  if (reload !== null && !isReload(reload)) throw malformed('the reload is incomplete');
  if (!isRateState(rate)) throw malformed('the restart rate is incomplete');
  if (!Array.isArray(groups) || !groups.every(isGroupHistory)) throw malformed('a group is incomplete');
  return {stopping, head, workers, instances, groups, reload, rate};
}

/** Returns the instance in the current format: older versions had no schedules. */
function completed(instance: unknown): unknown {
  if (!isRecord(instance) || 'released' in instance) return instance;
  return {...instance, nextRunAt: null, lastDueAt: null, released: false};
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw malformed(cause instanceof Error ? cause.message : 'it is not JSON');
  }
}

function malformed(what: string): SnapshotError {
  return new SnapshotError('malformed', `the snapshot can't be read: ${what}`);
}
