/**
 * Validates the shape of a parsed snapshot. A snapshot is checksummed, so this guards not against damage but against a
 * file that is something else.
 */
import type {WorkerSpec} from '../../fleet/types.ts';
import {isRecord} from '../equal.ts';
import type {FleetHead, Stopping} from './head.ts';
import {newInstance, newRun} from '../instance/instance.ts';
import type {Instance} from '../types.ts';

/**
 * New instances and runs as models: a valid value has all their keys, with the same types where the model is not null.
 */
const INSTANCE = newInstance('a', 1, 'up');
const RUN = newRun('t', 0);

export function isStopping(value: unknown): value is Stopping {
  return value === 'no' || value === 'in-order' || value === 'now';
}

export function isHead(value: unknown): value is FleetHead {
  return (
    isRecord(value) &&
    typeof value['name'] === 'string' &&
    typeof value['dir'] === 'string' &&
    Array.isArray(value['groups']) &&
    Array.isArray(value['channels'])
  );
}

export function isWorker(value: unknown): value is {spec: WorkerSpec; added: boolean; removed: boolean} {
  return (
    isRecord(value) &&
    typeof value['added'] === 'boolean' &&
    typeof value['removed'] === 'boolean' &&
    isSpec(value['spec'])
  );
}

/** Checks the parts without which the core can't work. The rest is passed through. */
function isSpec(value: unknown): value is WorkerSpec {
  return (
    isRecord(value) &&
    typeof value['name'] === 'string' &&
    typeof value['restart'] === 'string' &&
    ['after', 'requires', 'success'].every(key => Array.isArray(value[key])) &&
    ['backoff', 'giveUp', 'stop'].every(key => isRecord(value[key]))
  );
}

/** A group's name, and the times of its restarts. */
export type GroupHistory = readonly [string, readonly number[]];

export function isGroupHistory(value: unknown): value is GroupHistory {
  if (!Array.isArray(value)) return false;
  const [name, recent]: readonly unknown[] = Array.from<unknown>(value);
  return typeof name === 'string' && Array.isArray(recent) && recent.every(at => typeof at === 'number');
}

export function isInstance(value: unknown): value is Instance {
  return isLike(value, INSTANCE) && (value['run'] === null || isLike(value['run'], RUN));
}

function isLike(value: unknown, model: object): value is Record<string, unknown> {
  return (
    isRecord(value) &&
    Object.entries(model).every(
      ([key, like]) => key in value && (like === null || (typeof value[key] === typeof like && value[key] !== null)),
    )
  );
}
