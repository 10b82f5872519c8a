/**
 * Decides which connection makes room for a new one when all places are taken. The decision is pure; the server
 * executes it.
 *
 * Most places are ordinary. When all of them are taken, an idle connection is closed for the new one. When none is
 * idle, the new one gets one of the reserved places, so that a flood of busy connections can't lock out `ps` and
 * `down`: a process that holds many connections gets no reserved place, the last ones are for root alone, and the
 * oldest connection in a reserved place makes room for the newest.
 */

/** Places for connections, including the reserved ones. */
export const MAX_CONNECTIONS = 256;
/** Places used only when no ordinary one is available. */
export const RESERVED = 16;
/** Reserved places for root alone. */
export const RESERVED_FOR_ROOT = 4;
/** A process that holds this many connections gets no reserved place. */
export const MOST_OF_PROCESS = 4;
/** A connection that has sent no request within this time (ms) is the first to be closed. */
export const SILENT_MS = 5_000;
/** A connection idle for less than this (ms) counts as between two requests. */
export const IDLE_MS = 1_000;
/** Minimum time (ms) that a busy connection keeps a reserved place. */
export const RESERVED_MS = 5_000;

/** The properties of a connection that the decision uses. Times: CLOCK_MONOTONIC, ms. */
export interface Place {
  readonly uid: number;
  /** The process at the other end; 0 if it is not visible from here. */
  readonly pid: number;
  readonly since: number;
  /** Whether a complete request has arrived. */
  readonly hasAsked: boolean;
  /** Start of the idle time, or null if a request is under way or the client watches or is attached. */
  readonly idleSince: number | null;
  /** Whether the fleet is bound to the connection: closing it would stop the fleet. */
  readonly isAttached: boolean;
  readonly isReserved: boolean;
}

export type Newcomer = Pick<Place, 'uid' | 'pid'>;

export type Verdict<P> =
  | {
      readonly admitted: true;
      /** The connection to close for the new one, or null if there is room. */
      readonly drop: P | null;
      readonly isReserved: boolean;
    }
  | {readonly admitted: false};

/** Returns the place with the lowest value, or null if there are no places. */
function least<P>(places: readonly P[], value: (place: P) => number): P | null {
  let found: P | null = null;
  for (const place of places) if (found === null || value(place) < value(found)) found = place;
  return found;
}

/** Returns how many of the places each process holds. Processes that are not visible are left out. */
export function holdings(places: readonly Pick<Place, 'pid'>[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const {pid} of places) if (pid !== 0) counts.set(pid, (counts.get(pid) ?? 0) + 1);
  return counts;
}

/** Returns the longest idle connection of the process that holds most of the places. */
function longestIdle<P extends Place>(idle: readonly P[]): P | null {
  const counts = holdings(idle);
  const held = ({pid}: P): number => counts.get(pid) ?? 1;
  const most = idle.reduce((max, place) => Math.max(max, held(place)), 0);
  return least(
    idle.filter(place => held(place) === most),
    ({idleSince}) => idleSince ?? Infinity,
  );
}

/** Decides on a new connection of an authorized user. `places`: all served connections, 256 at most. */
export function admit<P extends Place>(places: readonly P[], {uid, pid}: Newcomer, now: number): Verdict<P> {
  const ordinary = places.filter(({isReserved}) => !isReserved);
  if (ordinary.length < MAX_CONNECTIONS - RESERVED) return {admitted: true, drop: null, isReserved: false};
  const mayHaveReserved = pid === 0 || (holdings(places).get(pid) ?? 0) < MOST_OF_PROCESS;
  // Only root may displace root.
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
