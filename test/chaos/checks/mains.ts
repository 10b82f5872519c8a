/** There is exactly one main process for each instance that should run. */
import {identity, isStill, type Member, type Observation} from '../observation.ts';
import {temperOf, type TemperName} from '../tempers.ts';

export const mainsOf = (observation: Observation): Map<string, Member[]> => {
  const mains = new Map<string, Member[]>();
  for (const member of observation.members) {
    if (member.main) mains.set(member.id, [...(mains.get(member.id) ?? []), member]);
  }
  return mains;
};

/** Applies at any moment. Processes are read one after another, so a double is read again: both must exist at once. */
export function doubledMains(observation: Observation, still = isStill): string[] {
  return [...mainsOf(observation)].flatMap(([id, mains]) => {
    const living = mains.length > 1 ? mains.filter(({seen}) => still(seen)) : [];
    return living.length > 1 ? [`${id} runs more than once: pids ${living.map(({seen}) => seen.pid).join(', ')}`] : [];
  });
}

/** Applies once the fleet has settled. A worker that ends by itself may be absent at this moment. */
export function missingMains(observation: Observation, wanted: ReadonlyMap<string, TemperName>): string[] {
  const mains = mainsOf(observation);
  return [...wanted].flatMap(([id, temper]) =>
    mains.has(id) || temperOf(temper).ends ? [] : [`${id} should run and does not`],
  );
}

/** How long a worker that ends by itself may be absent: a multiple of its longest backoff. */
const AWAY_MS = 40_000;

/**
 * A worker that ends by itself is restarted.
 *
 * @param lastSeen returns when an instance was last seen alive or starting
 */
export function goneForGood(
  at: number,
  wanted: ReadonlyMap<string, TemperName>,
  lastSeen: (id: string) => number,
): string[] {
  return [...wanted].flatMap(([id, temper]) => {
    const awayMs = at - lastSeen(id);
    return temperOf(temper).ends && awayMs > AWAY_MS ? [`${id} has not come back for ${Math.round(awayMs)} ms`] : [];
  });
}

/** Returns the identity of the main process of each instance. */
export const identitiesOf = (observation: Observation): Map<string, string> =>
  new Map([...mainsOf(observation)].map(([id, [main]]) => [id, main ? identity(main.seen) : '']));

/** No worker ends or restarts, except those that were touched. */
export function restartedUnasked(
  before: ReadonlyMap<string, string>,
  observation: Observation,
  wanted: ReadonlyMap<string, TemperName>,
  touched: ReadonlySet<string>,
): string[] {
  const now = identitiesOf(observation);
  return [...wanted].flatMap(([id, temper]) => {
    const was = before.get(id);
    const is = now.get(id);
    if (temperOf(temper).ends || touched.has(id) || was === undefined || is === undefined || was === is) return [];
    return [`${id} was restarted, though nobody has touched it: ${was} became ${is} (pid@start)`];
  });
}
