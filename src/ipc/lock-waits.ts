/** Which held locks block which requests: those on the same bytes of a file, if one of the two writes. */
import {Allowance} from './allowance.ts';
import {groupBy} from './files.ts';
import {groundOf, placeOf, type LockLine} from './lock-lines.ts';

/** Pairs that are checked on one file: so many for each of its locks, plus a fixed number. */
const PAIRS_EACH = 20;
const PAIRS_FREE = 1_000;

/** All locks that are held on the same bytes under the same rules. */
export interface HeldPlace {
  readonly lines: readonly [LockLine, ...LockLine[]];
  readonly start: number;
  readonly end: number;
  /** The requests that wait for one of these locks. */
  readonly waiting: LockLine[];
}

export interface LockWaits {
  readonly places: readonly HeldPlace[];
  /** Requests on files of which not all pairs were checked: further ones may wait there. */
  readonly cut: readonly LockLine[];
}

export function lockWaits(lines: readonly LockLine[]): LockWaits {
  const byPlace = groupBy(
    lines.filter(({waits}) => !waits),
    placeOf,
  );
  const places = Array.from(byPlace.values(), placeHeld);
  const waiting = groupBy(
    lines.filter(({waits}) => waits),
    groundOf,
  );
  const cut: LockLine[] = [];
  for (const [ground, held] of groupBy(places, ({lines: [first]}) => groundOf(first))) {
    const here = waiting.get(ground) ?? [];
    const allowance = new Allowance(PAIRS_FREE + PAIRS_EACH * (held.length + here.length));
    for (const [place, line] of overlapping(held, here)) {
      if (!allowance.spend(1)) {
        cut.push(line);
        break;
      }
      if (place.keepsWaiting(line)) place.waiting.push(line);
    }
  }
  return {places, cut};
}

interface Holding extends HeldPlace {
  readonly keepsWaiting: (line: LockLine) => boolean;
}

function placeHeld(lines: readonly [LockLine, ...LockLine[]]): Holding {
  const [{start, end}] = lines;
  const toWrite = ownersOf(lines);
  const toRead = ownersOf(lines.filter(({type}) => type === 'write'));
  const keepsWaiting = (line: LockLine): boolean => {
    const {pids, others} = line.type === 'write' ? toWrite : toRead;
    // A process's own lock does not block it.
    return others || pids.size > 1 || (pids.size === 1 && !pids.has(line.pid));
  };
  return {lines, start, end, waiting: [], keepsWaiting};
}

/** Only POSIX locks (fcntl(2)) belong to a process. */
function ownersOf(lines: readonly LockLine[]): {pids: ReadonlySet<number | null>; others: boolean} {
  const own = lines.filter(({call}) => call === 'posix');
  return {pids: new Set(own.map(({pid}) => pid)), others: own.length < lines.length};
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Yields all pairs that have a byte in common, in no more steps than there are pairs, apart from sorting. */
function* overlapping<A extends Range, B extends Range>(as: readonly A[], bs: readonly B[]): Generator<[A, B]> {
  const byStart = (one: Range, other: Range): number => one.start - other.start;
  const [waitingAs, waitingBs] = [as.toSorted(byStart), bs.toSorted(byStart)];
  let [openAs, openBs]: [A[], B[]] = [[], []];
  for (let [i, j] = [0, 0]; ;) {
    const [a, b] = [waitingAs[i], waitingBs[j]];
    if (a !== undefined && (b === undefined || a.start <= b.start)) {
      i++;
      openBs = openBs.filter(({end}) => end >= a.start);
      for (const open of openBs) yield [a, open];
      openAs.push(a);
    } else if (b !== undefined) {
      j++;
      openAs = openAs.filter(({end}) => end >= b.start);
      for (const open of openAs) yield [open, b];
      openBs.push(b);
    } else return;
  }
}
