/** Why an instance that is wanted up does not start yet. */
import type {Calendar} from '../calendar.ts';
import {waitsForTime} from '../instance/scheduling.ts';
import type {Cell} from './cell.ts';
import {heldByGroup} from './group-effects.ts';
import {blockedBy} from './order.ts';
import type {Roster} from './roster.ts';

const CLEARING_WORDS = 'waits for the processes of its last run to end';

/** Returns the reason in words, or null if the instance may start. */
export function reasonToWait(cell: Cell, roster: Roster, calendar: Calendar): string | null {
  const {instance} = cell;
  if (instance.clearing !== null) return CLEARING_WORDS;
  if (waitsForTime(instance)) return `next run at ${calendar.describe(instance.nextRunAt ?? 0)}`;
  return blockedBy(cell.member, roster.members) ?? heldByGroup(cell, roster);
}
