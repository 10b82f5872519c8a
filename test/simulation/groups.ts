/** The restart strategies told a second time, from the contract alone: who restarts with whom, and when a group gives up. */
import type {GroupSpec} from '../../src/fleet/types.ts';
import type {Instance} from '../../src/supervisor/index.ts';
import type {Moment} from './moment.ts';

/** What a failure means for others: these workers restart, or these are given up. */
export interface Fate {
  readonly kind: 'restart' | 'give-up';
  readonly workers: ReadonlySet<string>;
  /** It was handed up at least once, so that also the one that failed gets another chance. */
  readonly handedUp: boolean;
}

const groupOf = (member: string, groups: readonly GroupSpec[]): GroupSpec | undefined =>
  groups.find(({members}) => members.includes(member));

/** The workers of a worker or a group. */
function under(name: string, groups: readonly GroupSpec[]): string[] {
  const group = groups.find(one => one.name === name);
  return group ? group.members.flatMap(member => under(member, groups)) : [name];
}

export class GroupModel {
  #restarts = new Map<string, number[]>();

  /** Takes over what a snapshot says. */
  adopt(snapshot: string): void {
    const {groups = []} = JSON.parse(snapshot) as {groups?: [string, number[]][]};
    this.#restarts = new Map(groups.map(([name, recent]) => [name, [...recent]]));
  }

  /** What follows for the groups when a worker's instance failed; null: nothing. */
  fateOf(worker: string, gaveUp: boolean, groups: readonly GroupSpec[], mono: number): Fate | null {
    let member = worker;
    let group = groupOf(member, groups);
    if (!group || (gaveUp && group.strategy === 'one-for-one')) return null;
    let enough = gaveUp || !this.#count(group, mono);
    let handedUp = false;
    while (enough) {
      const above = groupOf(group.name, groups);
      if (!above) return {kind: 'give-up', workers: new Set(under(group.name, groups)), handedUp};
      member = group.name;
      group = above;
      handedUp = true;
      enough = !this.#count(group, mono);
    }
    const {members, strategy} = group;
    const own = member === worker ? [] : under(member, groups);
    const others =
      strategy === 'one-for-one'
        ? []
        : strategy === 'one-for-all'
          ? members
          : members.slice(members.indexOf(member) + 1);
    return {kind: 'restart', workers: new Set([...own, ...others.flatMap(name => under(name, groups))]), handedUp};
  }

  #count({name, giveUp}: GroupSpec, mono: number): boolean {
    if (giveUp === null) return true;
    const recent = (this.#restarts.get(name) ?? []).filter(at => mono - at < giveUp.withinMs);
    if (recent.length >= giveUp.restarts) return false;
    this.#restarts.set(name, [...recent, mono]);
    return true;
  }
}

const goesDown = (i: Instance): boolean => i.wanted === 'up' && i.status === 'stopping';
const waits = (i: Instance): boolean => i.wanted === 'up' && i.status === 'backoff';

/** Whether an instance may not begin because others of its groups are to begin with it, or before it. */
export function heldByGroups(instance: Instance, groups: readonly GroupSpec[], moment: Moment): boolean {
  let member = instance.worker;
  for (let group = groupOf(member, groups); group; member = group.name, group = groupOf(member, groups)) {
    if (group.strategy === 'one-for-one') continue;
    const {members, strategy} = group;
    const all = members.flatMap(name => under(name, groups)).flatMap(name => moment.get(name)?.instances ?? []);
    if (all.some(i => i.id !== instance.id && goesDown(i))) return true;
    const before = strategy === 'one-for-all' ? members : members.slice(0, members.indexOf(member));
    if (before.flatMap(name => moment.get(name)?.instances ?? []).some(i => i.id !== instance.id && waits(i)))
      return true;
  }
  return false;
}
