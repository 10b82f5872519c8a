/** The whole state as JSON text. What has not changed since the last time is not turned into text again. */
import {isRecord} from './equal.ts';
import {SnapshotError} from './errors.ts';
import type {FleetHead, Stopping} from './fleet/head.ts';
import {NO_RESTARTS, type RateState} from './instance/rate.ts';
import type {Reload} from './fleet/reloading.ts';
import type {Cell, Member} from './fleet/cell.ts';
import type {Roster} from './fleet/roster.ts';

/** Of the snapshot's format; one that another version wrote is not read. */
export const SNAPSHOT_VERSION = 1;

/** What each change says anew, beside the instances that are others now. */
export interface Rest {
  readonly stopping: Stopping;
  readonly roster: Roster;
  readonly reload: Reload | null;
  readonly rate: RateState;
}

/** The text of what is small and changes often, as members of an object. */
function restText({stopping, roster, reload, rate}: Rest): string {
  const {recent} = roster.groups;
  const more = reload === null ? '' : `,"reload":${JSON.stringify(reload)}`;
  const restarts = rate === NO_RESTARTS ? '' : `,"rate":${JSON.stringify(rate)}`;
  const groups = recent.size === 0 ? '' : `,"groups":${JSON.stringify([...recent])}`;
  return `"version":${SNAPSHOT_VERSION},"stopping":"${stopping}"${more}${restarts}${groups}`;
}

export class SnapshotWriter {
  #head: string | null = null;

  /** The fleet's name, groups or channels are not what they were. */
  forgetHead(): void {
    this.#head = null;
  }

  write(head: FleetHead, rest: Rest): string {
    this.#head ??= JSON.stringify(head);
    const members = [...rest.roster.members.values()];
    // One join makes one flat string; pieces put together with + would be copied once more when they are written.
    const parts = [`{${restText(rest)},"fleet":`, this.#head, ',"workers":['];
    for (const member of members) parts.push(memberText(member), ',');
    endList(parts, '],"instances":[');
    for (const {cells} of members) for (const cell of cells) parts.push(cellText(cell), ',');
    endList(parts, ']}\n');
    return parts.join('');
  }

  /** What has changed since {@link SnapshotWriter.committed}; null where that is more than some instances. */
  changes(rest: Rest): string | null {
    const {changedCells, restructured} = rest.roster;
    if (restructured || this.#head === null) return null;
    return `{${restText(rest)},"instances":[${Array.from(changedCells, cellText).join(',')}]}\n`;
  }

  /** All that there was to write is written. */
  committed(roster: Roster): void {
    roster.changedCells.clear();
    roster.restructured = false;
  }
}

/**
 * The text of the state that some changes, oldest first, have made of another.
 *
 * @throws SyntaxError where one of them is no JSON; SnapshotError where it is something else
 */
export function withChanges(text: string, changes: readonly string[]): string {
  if (changes.length === 0) return text;
  const {fleet, workers, instances} = written(text);
  const byId = new Map(instances.map(instance => [instance.id, instance]));
  let rest: Partial<Written> = {};
  for (const change of changes) {
    const {instances: changed, ...others} = written(change);
    for (const instance of changed) byId.set(instance.id, instance);
    rest = others;
  }
  return `${JSON.stringify({...rest, fleet, workers, instances: [...byId.values()]})}\n`;
}

/** As this module wrote it: what else of it is valid is found out when it is read. */
interface Written {
  readonly fleet?: unknown;
  readonly workers?: unknown;
  readonly instances: readonly {readonly id: string}[];
}

function written(text: string): Written {
  const value: unknown = JSON.parse(text);
  const hasId = (one: unknown): one is {readonly id: string} => isRecord(one) && typeof one['id'] === 'string';
  const list: unknown = isRecord(value) ? value['instances'] : null;
  if (!isRecord(value) || !Array.isArray(list) || !list.every(hasId)) {
    throw new SnapshotError('malformed', "the snapshot can't be read: its instances are incomplete");
  }
  return {...value, instances: list};
}

/** Puts what ends a list in the place of the last comma. */
function endList(parts: string[], end: string): void {
  if (parts.at(-1) === ',') parts.pop();
  parts.push(end);
}

function memberText(member: Member): string {
  const {spec, added, removed} = member;
  member.json ??= JSON.stringify({spec, added, removed});
  return member.json;
}

function cellText(cell: Cell): string {
  cell.json ??= JSON.stringify(cell.instance);
  return cell.json;
}
