import {Prng} from '../simulation/prng.ts';

/** Returns `count` of the elements, chosen and ordered by the seed. */
export function sample<T>(all: readonly T[], count: number, seed: number): T[] {
  const random = new Prng(seed);
  const rest = [...all];
  const chosen: T[] = [];
  while (chosen.length < count && rest.length > 0) chosen.push(...rest.splice(random.int(rest.length), 1));
  return chosen;
}
