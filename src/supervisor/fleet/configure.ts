/** Applies a changed fleet file. */
import {asSeenBy, endsOf} from '../../fleet/channels.ts';
import type {FleetSpec, WorkerSpec} from '../../fleet/types.ts';
import type {FleetChange} from './fleet-change.ts';
import {equal} from '../equal.ts';
import {headOf, type FleetHead} from './head.ts';
import {addWorker, removeWorker, resize} from './members.ts';
import type {Member} from './cell.ts';

/** Names of the added, removed and changed workers. */
export interface Plan {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/** Keys that take effect without a new run. All others determine how a process is started. */
const SOFT: ReadonlySet<string> = new Set<keyof WorkerSpec>([
  'instances',
  'restart',
  'success',
  'backoff',
  'giveUp',
  'stop',
  'logs',
  'zombies',
  'orphans',
  'after',
  'requires',
  'hooks',
  'health',
  'schedule',
  'watch',
  'watchIgnore',
]);

/**
 * Applies a fleet file. Returns null if nothing changes. Workers added by command stay; the scale is reset to the
 * file's.
 */
export function configure(fleet: FleetSpec, change: FleetChange): Plan | null {
  const {roster} = change;
  const names = new Set(fleet.workers.map(({name}) => name));
  const order = orderOf(change);

  const removed = [...roster.members.values()]
    .filter(member => !member.added && !names.has(member.spec.name))
    .map(({spec}) => spec.name)
    .filter(name => removeWorker(name, change));
  const [had, has] = [channelsGiven(change.head), channelsGiven(fleet)];
  const moved = new Set(fleet.workers.filter(spec => !equal(had(spec), has(spec))).map(({name}) => name));
  const added: string[] = [];
  const changed: string[] = [];
  for (const spec of fleet.workers) {
    const known = roster.members.get(spec.name);
    if (known === undefined || known.removed) {
      addWorker(spec, false, change);
      added.push(spec.name);
    } else if (update(known, spec, moved.has(spec.name), change)) changed.push(spec.name);
  }
  roster.arrange(fleet.workers.map(({name}) => name));

  const head = headOf(fleet);
  const reordered = !equal(order, orderOf(change));
  if (added.length + removed.length + changed.length === 0 && !reordered && equal(head, change.head)) return null;
  change.define(head);
  roster.link();
  return {added, removed, changed};
}

function update(member: Member, spec: WorkerSpec, otherChannels: boolean, change: FleetChange): boolean {
  const {spec: before} = member;
  const same = differing(before, spec).length === 0 && !member.added;
  // The current run of a worker that ran permanently is not a scheduled run.
  const isNewlyScheduled = before.schedule === null && spec.schedule !== null;
  const anew = otherChannels || isNewlyScheduled || needsNewRun(before, spec);
  const resized = resize(member, spec.instances, change, anew ? 'up' : undefined);
  // Runs end by the definition with which they started, so this precedes the new one.
  if (anew) renew(member, change);
  if (same) return resized || otherChannels;
  member.spec = spec;
  member.added = false;
  change.roster.redefined(member);
  if (before.schedule !== spec.schedule) for (const cell of member.cells) change.apply(cell, {type: 'reschedule'});
  return true;
}

/** Returns a lookup of a worker's channels, in order. A worker whose channels change must be restarted. */
function channelsGiven({channels}: FleetHead): (spec: WorkerSpec) => readonly unknown[] {
  const places = new Map(channels.map(({name}, place) => [name, place]));
  const ending = new Map<string, number[]>();
  for (const [place, channel] of channels.entries()) {
    for (const end of endsOf(channel)) {
      const known = ending.get(end);
      if (known) known.push(place);
      else ending.set(end, [place]);
    }
  }
  return spec => {
    const listed = spec.channels.flatMap(name => places.get(name) ?? []);
    const given = [...new Set([...listed, ...(ending.get(spec.name) ?? [])])].sort((a, b) => a - b);
    return given.flatMap(place => {
      const channel = channels[place];
      return (channel && asSeenBy(spec.name, channel)) ?? [];
    });
  };
}

function renew(member: Member, change: FleetChange): void {
  for (const cell of member.cells) {
    if (!cell.instance.leaving) change.apply(cell, {type: 'restart', why: 'changed', stay: false});
  }
}

const needsNewRun = (before: WorkerSpec, after: WorkerSpec): boolean =>
  differing(before, after).some(key => !SOFT.has(key));

/** Returns the keys that differ. A missing key equals null, since an earlier version may not have had the key. */
function differing(before: WorkerSpec, after: WorkerSpec): string[] {
  const old = new Map<string, unknown>(Object.entries(before));
  const now = new Map<string, unknown>(Object.entries(after));
  const keys = new Set([...old.keys(), ...now.keys()]);
  return [...keys].filter(key => !equal(old.get(key) ?? null, now.get(key) ?? null));
}

function orderOf({roster}: FleetChange): string[] {
  return [...roster.members.values()].filter(({removed}) => !removed).map(({spec}) => spec.name);
}
