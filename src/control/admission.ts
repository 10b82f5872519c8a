/**
 * Which connection makes room for a new one when all places are taken. A pure decision; the server carries it out.
 *
 * Most places are ordinary. When all of those are taken, a connection that asks for nothing is closed for the new one.
 * When none is idle, the new one gets one of the reserved places, so that a flood of busy connections can't keep out
 * `ps` and `down`: a process that holds many connections gets none of them, the last ones are for root alone, and the
 * oldest connection in a reserved place makes room for the newest.
 */

/** Places for connections, the reserved ones included. */
export const MAX_CONNECTIONS = 256;
/** Places that are taken only when no ordinary one can be had. */
export const RESERVED = 16;
/** Those of the reserved places that only root gets. */
export const RESERVED_FOR_ROOT = 4;
/** A process that holds as many connections gets no reserved place. */
export const MOST_OF_PROCESS = 4;
/** A connection that has sent no request for so long (ms) is the first to be closed. */
export const SILENT_MS = 5_000;
/** A connection that was idle for less is between two requests. */
export const IDLE_MS = 1_000;
/** A reserved place belongs to its connection for so long. */
export const RESERVED_MS = 5_000;

/** One connection, as far as the decision needs it. Times: CLOCK_MONOTONIC, ms. */
export interface Place {
  readonly uid: number;
  /** The process at the other end; 0 where it can't be seen from here. */
  readonly pid: number;
  readonly since: number;
  /** Whether a whole request has come. */
  readonly hasAsked: boolean;
  /** Since when it asks for nothing; null: a request is under way, or it watches, or it is attached. */
  readonly idleSince: number | null;
  /** The fleet lives with it: to close it would stop the fleet. */
  readonly isAttached: boolean;
  readonly isReserved: boolean;
}

export type Newcomer = Pick<Place, 'uid' | 'pid'>;

export type Verdict<P> =
  | {
      readonly admitted: true;
      /** The connection that is closed for it; null: there is room. */
      readonly drop: P | null;
      readonly isReserved: boolean;
    }
  | {readonly admitted: false};

/** The place with the lowest value; null where there is none. */
function least<P>(places: readonly P[], value: (place: P) => number): P | null {
  let found: P | null = null;
  for (const place of places) if (found === null || value(place) < value(found)) found = place;
  return found;
}

/** How many of these each process holds. Processes that can't be seen count as one each. */
export function holdings(places: readonly Pick<Place, 'pid'>[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const {pid} of places) if (pid !== 0) counts.set(pid, (counts.get(pid) ?? 0) + 1);
  return counts;
}

/** Of the process that holds most of these, the connection that has been idle for longest. */
function longestIdle<P extends Place>(idle: readonly P[]): P | null {
  const counts = holdings(idle);
  const held = ({pid}: P): number => counts.get(pid) ?? 1;
  const most = idle.reduce((max, place) => Math.max(max, held(place)), 0);
  return least(
    idle.filter(place => held(place) === most),
    ({idleSince}) => idleSince ?? Infinity,
  );
}

/** Decides on a new connection of an authorized user. `places`: all connections that are served, 256 at most. */
export function admit<P extends Place>(places: readonly P[], {uid, pid}: Newcomer, now: number): Verdict<P> {
  const ordinary = places.filter(({isReserved}) => !isReserved);
  if (ordinary.length < MAX_CONNECTIONS - RESERVED) return {admitted: true, drop: null, isReserved: false};
  const mayHaveReserved = pid === 0 || (holdings(places).get(pid) ?? 0) < MOST_OF_PROCESS;
  // Root's places stay root's.
  const reserved = mayHaveReserved ? places.filter(place => place.isReserved && (uid === 0 || place.uid !== 0)) : [];
  const instead = (drop: P): Verdict<P> => ({admitted: true, drop, isReserved: drop.isReserved});
  const idle = [...ordinary, ...reserved].filter(({idleSince}) => idleSince !== null);
  const silent = least(
    idle.filter(({hasAsked, since}) => !hasAsked && now - since >= SILENT_MS),
    ({since}) => since,
  );
  if (silent) return instead(silent);
  const longest = longestIdle(idle.filter(({idleSince}) => now - (idleSince ?? now) >= IDLE_MS));
  if (longest) return instead(longest);
  const open = uid === 0 ? RESERVED : RESERVED - RESERVED_FOR_ROOT;
  if (mayHaveReserved && reserved.length < open && places.length < MAX_CONNECTIONS) {
    return {admitted: true, drop: null, isReserved: true};
  }
  const young = longestIdle(idle);
  if (young) return instead(young);
  const oldest = least(
    reserved.filter(({isAttached, since}) => !isAttached && now - since >= RESERVED_MS),
    ({since}) => since,
  );
  return oldest ? instead(oldest) : {admitted: false};
}
