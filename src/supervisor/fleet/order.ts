/**
 * Who may start, and who may be ended: `after` orders start and stop; `requires` also ends a dependent when what it
 * needs is stopped or has failed for good.
 */
import type {WorkerSpec} from '../../fleet/types.ts';
import {STATUSES} from '../instance/instance.ts';
import type {Cell, Member, Standing} from './cell.ts';
import type {Status} from '../types.ts';

type Members = ReadonlyMap<string, Member>;

/** Each worker that a worker names, once. */
export function dependenciesOf({after, requires}: WorkerSpec): ReadonlySet<string> {
  return new Set([...requires, ...after]);
}

export function standingOf(member: Member, members: Members): Standing {
  const {counts} = member;
  const {up, wantedUp} = counts;
  const heldBy = holder(member.spec, members);
  const going = heldBy === null ? counts.aliveDown : counts.alive;
  const standing = (kind: Standing['kind'], words: string): Standing => ({kind, words, heldBy, going});

  if (wantedUp === 0) return standing('stopped', 'is stopped');
  if (up.failed === wantedUp) return standing('failed', waitingWords(member, 'failed'));
  if (up.finished === wantedUp) return standing('satisfied', 'finished');
  if (heldBy !== null) return standing('held', heldBy);
  if (up.ready + up.finished === wantedUp) return standing('satisfied', 'is ready');
  const worst = STATUSES.find(status => up[status] > 0) ?? 'pending';
  return standing('waiting', waitingWords(member, worst));
}

/** What keeps a worker's instances from starting, in words; null when nothing does. */
export function blockedBy({spec}: Member, members: Members): string | null {
  for (const name of spec.requires) {
    const standing = members.get(name)?.standing;
    if (standing === undefined || standing.kind === 'satisfied') continue;
    return `${standing.kind === 'waiting' ? 'waits for' : 'requires'} ${name}, which ${standing.words}`;
  }
  for (const name of spec.after) {
    const standing = members.get(name)?.standing;
    // One that was stopped by hand is not waited for.
    if (standing === undefined || standing.kind === 'satisfied' || standing.kind === 'stopped') continue;
    return `waits for ${name}, which ${standing.words}`;
  }
  return null;
}

/** Whether a run may be ended: all that depend on it and are to go down are down. */
export function mayEnd({member}: Cell): boolean {
  return member.dependents.every(({standing}) => standing.going === 0);
}

/** The first requirement that is gone, with the root of it, so that the words do not grow with the chain. */
function holder(spec: WorkerSpec, members: Members): string | null {
  for (const name of spec.requires) {
    const standing = members.get(name)?.standing;
    if (standing === undefined) continue;
    if (standing.kind === 'stopped' || standing.kind === 'failed') return `requires ${name}, which ${standing.words}`;
    if (standing.kind === 'held') return standing.words;
  }
  return null;
}

const WORDS: Readonly<Record<Status, string>> = {
  failed: 'failed',
  backoff: 'is in backoff',
  pending: 'is pending',
  stopping: 'is stopping',
  starting: 'is starting',
  ready: 'is ready',
  finished: 'finished',
  stopped: 'is stopped',
};

function waitingWords(member: Member, worst: Status): string {
  if (worst !== 'failed' || member.dependents.length === 0) return WORDS[worst];
  const reason = member.cells.find(({instance}) => instance.status === 'failed')?.instance.reason ?? null;
  return reason === null ? WORDS.failed : `failed: ${reason}`;
}
