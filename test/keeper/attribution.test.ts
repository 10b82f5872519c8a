/** Attribution of orphans to runs by exclusion, for random fleets and orphans. */
import {describe, expect, test} from 'vitest';
import {attribute, type Suspect} from '../../src/keeper/lineage/attribution.ts';
import {Prng} from '../simulation/prng.ts';

const run = (token: string, startTicks: number | null): Suspect => ({token, id: `${token}/1`, startTicks});

describe('an orphan', () => {
  test('belongs to the only run that is not younger', () => {
    const old = run('old', 100);
    expect(attribute(150, [old, run('young', 151)], false)).toEqual({suspects: [old], owner: old});
    expect(attribute(100, [old], false).owner).toBe(old);
  });

  test('with two runs that are not younger belongs to neither until one has ended', () => {
    const [a, b] = [run('a', 100), run('b', 120)];
    expect(attribute(150, [a, b], false)).toEqual({suspects: [a, b], owner: null});
    expect(attribute(150, [b], false).owner).toBe(b);
  });

  test('that something other than a run may have left belongs to none', () => {
    const a = run('a', 100);
    expect(attribute(150, [a], true)).toEqual({suspects: [a], owner: null});
  });

  test('may belong to a run with an unknown start, but is not attributed to it', () => {
    const unknown = run('unknown', null);
    expect(attribute(150, [unknown], false)).toEqual({suspects: [unknown], owner: null});
    expect(attribute(150, [run('a', 100), unknown], false).owner).toBeNull();
  });
});

test('an orphan never goes to a younger run, nor to one of two, and its true run is never excluded', () => {
  const rng = new Prng(20_331);
  for (let round = 0; round < 3_000; round++) {
    const count = rng.int(7);
    const runs = Array.from({length: count}, (_, at) => run(String(at), rng.chance(0.1) ? null : 1 + rng.int(30)));
    const born = 1 + rng.int(30);
    const isShared = rng.chance(0.2);
    const {suspects, owner} = attribute(born, runs, isShared);
    const possible = runs.filter(({startTicks}) => startTicks === null || startTicks <= born);
    expect(suspects).toEqual(possible);
    if (owner === null) {
      expect(possible.length !== 1 || isShared || possible[0]?.startTicks === null).toBe(true);
      continue;
    }
    expect(possible).toEqual([owner]);
    expect(owner.startTicks).not.toBeNull();
    expect(owner.startTicks ?? Infinity).toBeLessThanOrEqual(born);
    expect(isShared).toBe(false);
  }
});
