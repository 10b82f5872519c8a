/** The whole state as JSON text. What has not changed since the last time is not turned into text again. */
import type {FleetHead, Stopping} from './head.ts';
import {NO_RESTARTS, type RateState} from './rate.ts';
import type {Reload} from './reloading.ts';
import type {Cell, Member, Roster} from './roster.ts';

/** Of the snapshot's format; one that another version wrote is not read. */
export const SNAPSHOT_VERSION = 1;

/** What concerns many instances at once. */
export interface Going {
  readonly reload: Reload | null;
  readonly rate: RateState;
}

export class SnapshotWriter {
  #head: string | null = null;

  /** The fleet's name, groups or channels are not what they were. */
  forgetHead(): void {
    this.#head = null;
  }

  write(head: FleetHead, stopping: Stopping, roster: Roster, {reload, rate}: Going): string {
    this.#head ??= JSON.stringify(head);
    const members = [...roster.members.values()];
    // One join makes one flat string; pieces put together with + would be copied once more when they are written.
    const parts = [`{"version":${SNAPSHOT_VERSION},"stopping":"${stopping}","fleet":`, this.#head, ',"workers":['];
    for (const member of members) parts.push(memberText(member), ',');
    endList(parts, '],"instances":[');
    for (const {cells} of members) for (const cell of cells) parts.push(cellText(cell), ',');
    endList(parts, ']');
    if (reload !== null) parts.push(`,"reload":${JSON.stringify(reload)}`);
    if (rate !== NO_RESTARTS) parts.push(`,"rate":${JSON.stringify(rate)}`);
    const {recent} = roster.groups;
    parts.push(recent.size === 0 ? '}\n' : `,"groups":${JSON.stringify([...recent])}}\n`);
    return parts.join('');
  }
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
