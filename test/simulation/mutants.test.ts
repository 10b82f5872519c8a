/** Planted bugs: the simulation must find each of them. */
import {describe, expect, test} from 'vitest';
import {MUTANTS, mutated} from './mutants.ts';
import {simulate, SimulationFailure} from './simulation.ts';

/** The number of stories within which a bug must be found. */
const STORIES = 300;
const STEPS = 2000;

describe('the simulation finds a core that', () => {
  test.each(MUTANTS)('$bug', async mutant => {
    const core = await mutated(mutant);
    expect(() => {
      for (let seed = 1; seed <= STORIES; seed++) simulate(seed, STEPS, core);
    }).toThrow(SimulationFailure);
  });
});

describe('a story', () => {
  test('fails in the same way each time for the same seed', async () => {
    const core = await mutated(MUTANTS[0]!);
    const failureOf = (seed: number): string => {
      try {
        simulate(seed, STEPS, core);
      } catch (error) {
        return String(error);
      }
      return '';
    };
    let seed = 1;
    while (seed < STORIES && failureOf(seed) === '') seed++;
    const failure = failureOf(seed);
    expect(failure).toContain(`BROOD_SEED=${seed}`);
    expect(failureOf(seed)).toBe(failure);
  });
});
