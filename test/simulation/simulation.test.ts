/** The real core in simulated stories. `BROOD_SEED` selects a single one. */
import {describe, test} from 'vitest';
import * as supervisor from '../../src/supervisor/index.ts';
import {simulate} from './simulation.ts';

/** Steps of one story. */
const STEPS = 2000;
/** The planted bugs need at most this many (mutants.test.ts). `make simulate` runs 10,000 others. */
const STORIES = 300;
/** Stories of one test. */
const TRANCHE = 100;
const TRANCHES = Array.from({length: STORIES / TRANCHE}, (_, i) => 1 + i * TRANCHE);

const onlySeed = process.env['BROOD_SEED'];

describe('the supervisor, in 600,000 simulated steps', () => {
  test.skipIf(onlySeed !== undefined).each(TRANCHES)(
    `keeps its promises in ${TRANCHE} stories from seed %i on`,
    first => {
      for (let seed = first; seed < first + TRANCHE; seed++) simulate(seed, STEPS, supervisor);
    },
  );

  test.runIf(onlySeed !== undefined)('keeps its promises in the story of BROOD_SEED', () => {
    simulate(Number(onlySeed), STEPS, supervisor);
  });
});
