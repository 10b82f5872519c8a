/**
 * File locks: their holders and their waiters. The kernel reports which process requested a lock; a lock of flock(2) or
 * of an open file description is held by all processes that have the description, including those that inherited it.
 */
import {Allowance} from './allowance.ts';
import type {ChannelKind} from './channel-kind.ts';
import {groupBy} from './files.ts';
import {LockFiles, type Party} from './lock-files.ts';
import {lockKeyOf, placeOf, type LockLine} from './lock-lines.ts';
import {lockTableOf, MOST_LOCK_BYTES} from './lock-table.ts';
import {lockWaits, type HeldPlace} from './lock-waits.ts';
import type {Channel, End} from './types.ts';

export interface LockDetail extends Readonly<Record<string, unknown>> {
  readonly lock: LockLine['call'];
  readonly type: LockLine['type'];
  /** First and last byte; null: the whole file. */
  readonly range: readonly [number, number | null] | null;
  readonly holders: readonly number[];
  readonly waiters: readonly number[];
  /** The holders, grouped by lock: any member of a group can release it. */
  readonly owners: readonly (readonly number[])[];
}

export const lock: ChannelKind = {
  kind: 'lock',
  needs: ['files'],
  read(snapshot) {
    const {lines, isCut} = lockTableOf(snapshot.text(null, 'locks', MOST_LOCK_BYTES) ?? '');
    if (isCut) snapshot.leaveOut(`there are more than ${lines.length} file locks: only the first ones were examined`);
    if (lines.length === 0) return [];
    const open = new LockFiles(snapshot, lines);
    const {places, cut} = lockWaits(lines);
    const waiters = new Waiters(open, lines);
    const channels = places.map(place => channelOf(place, waiters.of(place), open));
    const unnamed = [...cut, ...waiters.cut].map(line => open.path(line) ?? line.file);
    const words = wordsOf(new Set([...open.unseen.keys(), ...unnamed]));
    if (words !== null) snapshot.leaveOut(words);
    return channels;
  },
};

const NAMED = 3;

function wordsOf(paths: ReadonlySet<string>): string | null {
  if (paths.size === 0) return null;
  const named = [...paths].slice(0, NAMED).join(', ');
  const others = paths.size > NAMED ? ` and ${paths.size - NAMED} more` : '';
  return `there are too many locks and descriptors of ${named}${others}: other processes may also hold these locks, or wait for them`;
}

/**
 * Waiters that are reported for all places of a file: so many for each of its locks and waiters, plus a fixed number.
 */
const NAMED_EACH = 20;
const NAMED_FREE = 1_000;

/** The processes that wait for the locks of a place. */
class Waiters {
  readonly #open: LockFiles;
  readonly #linesOf: ReadonlyMap<string, readonly LockLine[]>;
  readonly #allowances = new Map<string, Allowance>();
  /** Lines with more waiters than were reported. */
  readonly cut: LockLine[] = [];

  constructor(open: LockFiles, lines: readonly LockLine[]) {
    this.#open = open;
    this.#linesOf = groupBy(lines, ({file}) => file);
  }

  of({waiting}: HeldPlace): readonly Party[] {
    const named = waiting.filter(({pid}) => pid !== null).flatMap(line => this.#open.waiters(line));
    // All such lines have the same waiters.
    const nameless = waiting.find(({pid}) => pid === null);
    if (nameless === undefined) return named;
    const all = this.#open.waiters(nameless);
    if (this.#allowanceOf(nameless, all.length).spend(all.length)) return [...named, ...all];
    this.cut.push(nameless);
    return named;
  }

  #allowanceOf({file}: LockLine, parties: number): Allowance {
    let allowance = this.#allowances.get(file);
    if (allowance === undefined) {
      const lines = this.#linesOf.get(file)?.length ?? 0;
      allowance = new Allowance(NAMED_FREE + NAMED_EACH * (lines + parties));
      this.#allowances.set(file, allowance);
    }
    return allowance;
  }
}

const sorted = (parties: readonly Party[]): number[] => [...new Set(parties.map(({pid}) => pid))].sort((a, b) => a - b);

function channelOf({lines}: HeldPlace, waiters: readonly Party[], open: LockFiles): Channel {
  const [first] = lines;
  // Locks that can't be distinguished have the same holders.
  const owners = Array.from(groupBy(lines, lockKeyOf).values(), ([line]) => open.holders(line));
  const holders = owners.flat();
  const mode = first.type === 'read' ? 'r' : 'w';
  const end = ({pid, fd}: Party): End => ({pid, fd, mode});
  const detail: LockDetail = {
    lock: first.call,
    type: first.type,
    range:
      first.start === 0 && first.end === Infinity ? null : [first.start, first.end === Infinity ? null : first.end],
    holders: sorted(holders),
    waiters: sorted(waiters),
    owners: owners.map(sorted),
  };
  return {
    kind: 'lock',
    id: `lock:[${placeOf(first)
      .replace(/ 0-Infinity$/, '')
      .replace('Infinity', 'EOF')}]`,
    name: open.path(first),
    ends: [...new Map([...holders, ...waiters].map(party => [`${party.pid} ${party.fd ?? ''}`, end(party)])).values()],
    detail,
  };
}
