import {describe, test} from 'vitest';
import * as supervisor from '../../src/supervisor/index.ts';
import {simulate} from './simulation.ts';

/** Steps of one story. */
const STEPS = 2000;
/** As many as the suite of planted bugs needs at most; `make simulate` tells 10,000 others. */
const STORIES = 300;
/** Stories told in one test. */
const TRANCHE = 100;
const TRANCHES = Array.from({length: STORIES / TRANCHE}, (_, i) => 1 + i * TRANCHE);

const asked = process.env['BROOD_SEED'];

describe('the supervisor, in 600,000 simulated steps', () => {
  test.skipIf(asked !== undefined).each(TRANCHES)(`keeps its promises in ${TRANCHE} stories from seed %i on`, first => {
    for (let seed = first; seed < first + TRANCHE; seed++) simulate(seed, STEPS, supervisor);
  });

  test.runIf(asked !== undefined)('keeps its promises in the story of BROOD_SEED', () => {
    simulate(Number(asked), STEPS, supervisor);
  });
});
