/**
 * Computes the effect of a changed fleet file: applies it to a copy of the core and compares the result, so the plan
 * can't differ from what `apply` does.
 */
import {equal, isRecord} from './equal.ts';
import type {Core} from './core.ts';
import type {CoreOptions} from './options.ts';
import {restoreCore} from './restore.ts';
import type {Input, Instance, Time} from './types.ts';
import type {FleetSpec} from '../fleet/types.ts';

/** A changed key of a definition. `before` or `after` is null if the key is missing there. */
export interface Difference {
  /** The key's path in the checked fleet: `stop.timeoutMs`, `env.PORT`. */
  readonly key: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface WorkerChange {
  readonly worker: string;
  readonly kind: 'added' | 'removed' | 'changed';
  readonly differences: readonly Difference[];
  /** Ids of instances that start, stop for good, or restart. */
  readonly starts: readonly string[];
  readonly stops: readonly string[];
  readonly restarts: readonly string[];
}

export interface FleetPlan {
  readonly workers: readonly WorkerChange[];
  /** Keys are the groups' names. */
  readonly groups: readonly Difference[];
  readonly channels: readonly Difference[];
  /** Workers without changes. */
  readonly unchanged: readonly string[];
}

type Instances = ReadonlyMap<string, Instance>;

interface Copy {
  /** The instances of each worker. */
  readonly instances: ReadonlyMap<string, Instances>;
  readonly fleet: FleetSpec;
}

/** Computes the plan for a fleet. Does not change `core`. */
export function planFor(core: Core, fleet: FleetSpec, options: CoreOptions, time: Time): FleetPlan {
  const told = (input: Input): Copy => {
    const copy = restoreCore(core.snapshot(), options).core;
    copy.handle(input, time);
    return {instances: byWorker(copy.instances()), fleet: copy.fleet()};
  };
  // An input without effect, so that effects of passed time occur in both copies.
  const without = told({type: 'pause', ids: []});
  const applied = told({type: 'configure', fleet});
  const old = byName(without.fleet.workers);
  const now = byName(applied.fleet.workers);
  const names = [...now.keys(), ...[...old.keys()].filter(name => !now.has(name))];
  const changes = names.map((worker): WorkerChange => {
    const before = old.get(worker);
    const after = now.get(worker);
    const kind = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
    const instances = {before: without.instances.get(worker) ?? NONE, after: applied.instances.get(worker) ?? NONE};
    const differences =
      kind === 'changed'
        ? [...differencesOf(before, after), ...rescaled(before?.instances === after?.instances, instances)]
        : [];
    return {worker, kind, differences, ...movesOf(instances)};
  });
  const isChange = ({kind, differences, starts, stops, restarts}: WorkerChange): boolean =>
    kind !== 'changed' || differences.length + starts.length + stops.length + restarts.length > 0;
  return {
    workers: changes.filter(isChange),
    groups: differencesOf(byName(without.fleet.groups), byName(applied.fleet.groups)),
    channels: differencesOf(byName(without.fleet.channels), byName(applied.fleet.channels)),
    unchanged: changes.filter(change => !isChange(change)).map(({worker}) => worker),
  };
}

const byName = <T extends {readonly name: string}>(all: readonly T[]): Map<string, T> =>
  new Map(all.map(one => [one.name, one]));

const NONE: Instances = new Map();

function byWorker(instances: Iterable<Instance>): Map<string, Map<string, Instance>> {
  const all = new Map<string, Map<string, Instance>>();
  for (const instance of instances) {
    const own = all.get(instance.worker);
    if (own) own.set(instance.id, instance);
    else all.set(instance.worker, new Map([[instance.id, instance]]));
  }
  return all;
}

/** The instances of one worker, without and with the new fleet file. */
interface Moves {
  readonly before: Instances;
  readonly after: Instances;
}

/**
 * Returns the change in the number of instances where the files' numbers are equal: `scale` may have set another one.
 */
function rescaled(isUnsaid: boolean, {before, after}: Moves): Difference[] {
  const countOf = (instances: Instances): number => [...instances.values()].filter(one => !one.leaving).length;
  const is = countOf(before);
  const becomes = countOf(after);
  return is === becomes || !isUnsaid ? [] : [{key: 'instances', before: is, after: becomes}];
}

function movesOf({before, after}: Moves): Pick<WorkerChange, 'starts' | 'stops' | 'restarts'> {
  const starts: string[] = [];
  const stops: string[] = [];
  const restarts: string[] = [];
  const ids = new Set([...before.keys(), ...after.keys()]);
  for (const id of ids) {
    const old = before.get(id);
    const now = after.get(id);
    if (isGoing(now)) {
      if (!isGoing(old)) stops.push(id);
    } else if (isAnew(old, now)) restarts.push(id);
    else if (now?.wanted === 'up' && (old === undefined || old.wanted === 'down' || hasWoken(old, now)))
      starts.push(id);
    else if (isHeld(now) && !isHeld(old)) stops.push(id);
  }
  return {starts, stops, restarts};
}

const isGoing = (instance: Instance | undefined): boolean => instance === undefined || instance.leaving;
const isAnew = (old: Instance | undefined, now: Instance | undefined): boolean =>
  now?.run?.ending === 'changed' && old?.run?.ending !== 'changed';
/** Whether an instance that had given up, had finished or was in backoff is started again. */
const hasWoken = (old: Instance, now: Instance): boolean =>
  ['failed', 'finished', 'backoff'].includes(old.status) && ['pending', 'starting'].includes(now.status);
/** Whether an instance that is wanted up is stopped because a requirement is gone. */
const isHeld = (instance: Instance | undefined): boolean =>
  instance?.run?.ending === 'stop' && instance.wanted === 'up';

/** Returns every leaf that differs. Lists are leaves. */
function differencesOf(before: unknown, after: unknown, path: readonly string[] = []): Difference[] {
  // A missing key and null are equal: an earlier version may not have had the key.
  if (equal(plain(before) ?? null, plain(after) ?? null)) return [];
  const old = entriesOf(before);
  const now = entriesOf(after);
  if (old === null || now === null) return [{key: path.join('.'), before: before ?? null, after: after ?? null}];
  const keys = new Set([...old.keys(), ...now.keys()]);
  return [...keys].flatMap(key => differencesOf(old.get(key), now.get(key), [...path, key]));
}

const entriesOf = (value: unknown): ReadonlyMap<string, unknown> | null => {
  if (value instanceof Map) return value;
  return isRecord(value) ? new Map(Object.entries(value)) : null;
};

const plain = (value: unknown): unknown => (value instanceof Map ? Object.fromEntries(value) : value);
