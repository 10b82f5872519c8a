import {describe, expect, test} from 'vitest';
import {MUTANTS, mutated} from './mutants.ts';
import {simulate, SimulationFailure} from './simulation.ts';

/** Stories that may be told until the bug is found. */
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
  test('is the same each time for the same seed', async () => {
    const core = await mutated(MUTANTS[0]!);
    const tell = (seed: number): string => {
      try {
        simulate(seed, STEPS, core);
      } catch (error) {
        return String(error);
      }
      return '';
    };
    let seed = 1;
    while (seed < STORIES && tell(seed) === '') seed++;
    const told = tell(seed);
    expect(told).toContain(`BROOD_SEED=${seed}`);
    expect(tell(seed)).toBe(told);
  });
});
