/** Serializes the whole state as JSON text. The texts of unchanged parts are cached. */
import {isRecord} from './equal.ts';
import {SnapshotError} from './errors.ts';
import type {FleetHead, Stopping} from './fleet/head.ts';
import {NO_RESTARTS, type RateState} from './instance/rate.ts';
import type {Reload} from './fleet/reloading.ts';
import type {Cell, Member} from './fleet/cell.ts';
import type {Roster} from './fleet/roster.ts';

/** The version of the snapshot format. Other versions are rejected. */
export const SNAPSHOT_VERSION = 1;

/** The part of the state that each record of changes contains, beside the changed instances. */
export interface Rest {
  readonly stopping: Stopping;
  readonly roster: Roster;
  readonly reload: Reload | null;
  readonly rate: RateState;
}

/** Returns the text of the small state that changes often, as members of an object. */
function restText({stopping, roster, reload, rate}: Rest): string {
  const {recent} = roster.groups;
  const more = reload === null ? '' : `,"reload":${JSON.stringify(reload)}`;
  const restarts = rate === NO_RESTARTS ? '' : `,"rate":${JSON.stringify(rate)}`;
  const groups = recent.size === 0 ? '' : `,"groups":${JSON.stringify([...recent])}`;
  return `"version":${SNAPSHOT_VERSION},"stopping":"${stopping}"${more}${restarts}${groups}`;
}

export class SnapshotWriter {
  #head: string | null = null;

  /** Drops the cached text of the head: the fleet's name, groups or channels have changed. */
  forgetHead(): void {
    this.#head = null;
  }

  write(head: FleetHead, rest: Rest): string {
    this.#head ??= JSON.stringify(head);
    const members = [...rest.roster.members.values()];
    // One join makes one flat string; pieces concatenated with + would be copied once more on write.
    const parts = [`{${restText(rest)},"fleet":`, this.#head, ',"workers":['];
    for (const member of members) parts.push(memberText(member), ',');
    endList(parts, '],"instances":[');
    for (const {cells} of members) for (const cell of cells) parts.push(cellText(cell), ',');
    endList(parts, ']}\n');
    return parts.join('');
  }

  /**
   * Returns the changes since {@link SnapshotWriter.committed}, or null if more than instances and small state changed.
   */
  changes(rest: Rest): string | null {
    const {changedCells, restructured} = rest.roster;
    if (restructured || this.#head === null) return null;
    return `{${restText(rest)},"instances":[${Array.from(changedCells, cellText).join(',')}]}\n`;
  }

  /** Marks all changes as written. */
  committed(roster: Roster): void {
    roster.changedCells.clear();
    roster.restructured = false;
  }
}

/**
 * Applies changes, oldest first, to the text of a state. Returns the text of the resulting state.
 *
 * @throws SyntaxError if a text is not JSON; SnapshotError if it is not of the expected shape
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

/** A parsed state or change. The rest of it is validated when the state is restored. */
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

/** Ends a list: replaces the last comma, if any. */
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
