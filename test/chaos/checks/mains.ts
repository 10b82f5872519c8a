/** Exactly one main process for each instance that should run. */
import {identity, isStill, type Member, type Observation} from '../observation.ts';
import {temperOf, type TemperName} from '../tempers.ts';

export const mainsOf = (observation: Observation): Map<string, Member[]> => {
  const mains = new Map<string, Member[]>();
  for (const member of observation.members) {
    if (member.main) mains.set(member.id, [...(mains.get(member.id) ?? []), member]);
  }
  return mains;
};

/** Never, not even for a moment. What was read one after the other is read again: both must be there at the same time. */
export function doubledMains(observation: Observation, still = isStill): string[] {
  return [...mainsOf(observation)].flatMap(([id, mains]) => {
    const living = mains.length > 1 ? mains.filter(({seen}) => still(seen)) : [];
    return living.length > 1 ? [`${id} runs more than once: pids ${living.map(({seen}) => seen.pid).join(', ')}`] : [];
  });
}

/** Not once all has settled. Of those that end by themselves, one need not be there at this very moment. */
export function missingMains(observation: Observation, wanted: ReadonlyMap<string, TemperName>): string[] {
  const mains = mainsOf(observation);
  return [...wanted].flatMap(([id, temper]) =>
    mains.has(id) || temperOf(temper).ends ? [] : [`${id} should run and does not`],
  );
}

/** How long one that ends by itself may be away: a multiple of its longest backoff. */
const AWAY_MS = 40_000;

/** Those that end by themselves come again. `lastSeen`: when each was last seen to live or to begin. */
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

/** Which process is the main one of each instance. */
export const identitiesOf = (observation: Observation): Map<string, string> =>
  new Map([...mainsOf(observation)].map(([id, [main]]) => [id, main ? identity(main.seen) : '']));

/** No worker ends, and none is started anew, but those that were touched. */
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
