/**
 * The order of starts and ends: `after` orders start and stop; `requires` also ends a dependent when its requirement is
 * stopped or has failed for good.
 */
import type {WorkerSpec} from '../../fleet/types.ts';
import {STATUSES} from '../instance/instance.ts';
import type {Cell, Member, Standing} from './cell.ts';
import type {Status} from '../types.ts';

type Members = ReadonlyMap<string, Member>;

/** Returns the workers that a worker names, without duplicates. */
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

/** Returns which dependency keeps a worker's instances from starting, in words, or null. */
export function blockedBy({spec}: Member, members: Members): string | null {
  for (const name of spec.requires) {
    const standing = members.get(name)?.standing;
    if (standing === undefined || standing.kind === 'satisfied') continue;
    return `${standing.kind === 'waiting' ? 'waits for' : 'requires'} ${name}, which ${standing.words}`;
  }
  for (const name of spec.after) {
    const standing = members.get(name)?.standing;
    // A worker that was stopped by command does not block.
    if (standing === undefined || standing.kind === 'satisfied' || standing.kind === 'stopped') continue;
    return `waits for ${name}, which ${standing.words}`;
  }
  return null;
}

/** Returns whether a run may be ended: no dependent has instances that must go down and still live. */
export function mayEnd({member}: Cell): boolean {
  return member.dependents.every(({standing}) => standing.going === 0);
}

/** Returns the first requirement that is gone, described by its root cause, so the words do not grow with the chain. */
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
