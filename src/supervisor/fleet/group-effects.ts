/**
 * Effects of one instance's failure on the others of its groups, by the restart strategies of Erlang/OTP's
 * supervisor(3erl): which instances restart with it, when a group gives up, and how it passes that on.
 */
import type {JournalEvent} from '../../journal/events.ts';
import type {LifeEvent} from '../instance/events.ts';
import {describeExit} from '../instance/exit.ts';
import {Group, workersOf, type Child} from './groups.ts';
import type {Cell} from './cell.ts';
import type {Roster} from './roster.ts';
import type {GiveUp, WorkerSpec} from '../../fleet/types.ts';
import type {Instance} from '../types.ts';
import {exactDuration} from '../../base/format.ts';

/**
 * `restart`: the policy restarts the instance. `gave-up`: the instance has used up its own restarts. Null: no failure,
 * or one that does not concern the groups.
 */
export type Failure = 'restart' | 'gave-up' | null;

/** Returns the policy's decision about an unrequested end. */
export function failureOf(before: Instance, after: Instance, event: LifeEvent, spec: WorkerSpec): Failure {
  if (event.type !== 'exited' && event.type !== 'spawn-failed') return null;
  // Groups share failures of workers that are useless without each other, which a scheduled worker is not.
  if (spec.schedule !== null) return null;
  if (after.status === 'backoff') return after.restarts > before.restarts ? 'restart' : null;
  // Strategies do not apply to workers that are never restarted, like OTP's temporary children.
  if (after.status !== 'failed' || spec.restart === 'never' || before.run?.ending === 'gave-up') return null;
  return 'gave-up';
}

/** The operations of the strategies. */
export interface Sharing {
  readonly roster: Roster;
  /** CLOCK_MONOTONIC, ms. */
  readonly mono: number;
  readonly apply: (cell: Cell, event: LifeEvent) => void;
  readonly journal: (event: JournalEvent) => void;
}

/** Passes the failure of an instance to its group, and from there up as far as necessary. */
export function share(cell: Cell, failure: Exclude<Failure, null>, sharing: Sharing): void {
  const {instance, member} = cell;
  const own = sharing.roster.groups.of(instance.worker);
  if (own === null) return;
  // The instance alone has failed for good: the strategy of its group shares nothing.
  if (failure === 'gave-up' && !own.isShared) return;
  const cause = `${instance.id}: ${instance.exit === null ? 'failed' : describeExit(instance.exit, member.spec, instance.reason)}`;
  let child: Child = instance.worker;
  for (const group of sharing.roster.groups.around(instance.worker)) {
    const isOwn = group === own;
    const enough =
      isOwn && failure === 'gave-up'
        ? `${instance.id} ${instance.reason ?? 'gave up'}`
        : tooMany(group, cause, sharing.mono);
    if (enough === null) {
      restartWith(group, child, cause, isOwn ? cell : null, sharing);
      return;
    }
    const reason = `group ${group.spec.name} gave up: ${enough}`;
    sharing.journal({type: 'gave-up', group: group.spec.name, reason});
    if (group.parent === null) {
      for (const other of cellsOf(group.workers, sharing.roster)) sharing.apply(other, {type: 'give-up', reason});
      return;
    }
    child = group;
  }
}

/** Counts a restart of a group. Returns why it is one too many, or null. */
function tooMany(group: Group, cause: string, mono: number): string | null {
  return group.allows(mono) || group.spec.giveUp === null ? null : `${limit(group.spec.giveUp)}; last: ${cause}`;
}

const limit = ({restarts, withinMs}: GiveUp): string =>
  `${restarts} ${restarts === 1 ? 'restart' : 'restarts'} within ${exactDuration(withinMs)}`;

/** @param failed the instance whose own restart is under way, or null if a whole group restarts */
function restartWith(
  group: Group,
  child: Child,
  cause: string,
  failed: Cell | null,
  {roster, apply, journal}: Sharing,
): void {
  const {name, strategy} = group.spec;
  const others = cellsOf(group.restartedWith(child), roster).filter(cell => cell !== failed);
  if (others.length === 0) return;
  journal({type: 'group-restarted', group: name, strategy, reason: cause});
  for (const cell of others) apply(cell, {type: 'regroup', reason: `restarts with group ${name}: ${cause}`});
}

const cellsOf = (workers: readonly string[], {members}: Roster): Cell[] =>
  workers.flatMap(name => members.get(name)?.cells ?? []);

/** Returns why an instance waits for others of its groups, in words, or null. */
export function heldByGroup({instance}: Cell, {groups, members}: Roster): string | null {
  let child: Child = instance.worker;
  for (const group of groups.around(instance.worker)) {
    const own = instance.status === 'backoff' && child === instance.worker ? 1 : 0;
    if (group.isShared && group.stopping + group.backoff - own > 0) {
      const holder = holderIn(group, child, instance, members);
      if (holder !== null) return `restarts with ${holder} (group ${group.spec.name})`;
    }
    child = group;
  }
  return null;
}

function holderIn(group: Group, own: Child, instance: Instance, members: Roster['members']): string | null {
  let earlier = true;
  for (const child of group.children) {
    if (child === own && group.spec.strategy === 'rest-for-one') earlier = false;
    for (const name of workersOf(child)) {
      const counts = members.get(name)?.counts;
      if (counts === undefined) continue;
      if (counts.up.stopping > 0) return `${name}, which is stopping`;
      const self = name === instance.worker && instance.status === 'backoff' ? 1 : 0;
      if (earlier && typeof child === 'string' && counts.up.backoff > self) return `${name}, which is in backoff`;
    }
  }
  return null;
}
