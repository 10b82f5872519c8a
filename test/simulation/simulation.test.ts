import {describe, test} from 'vitest';
import * as supervisor from '../../src/supervisor/index.ts';
import {simulate} from './simulation.ts';

/** Steps of one story. */
const STEPS = 2000;
const STORIES = 1000;
/** Stories told in one test. */
const TRANCHE = 100;
const TRANCHES = Array.from({length: STORIES / TRANCHE}, (_, i) => 1 + i * TRANCHE);

const asked = process.env['BROOD_SEED'];

describe('the supervisor, in 2,000,000 simulated steps', () => {
  test.skipIf(asked !== undefined).each(TRANCHES)(`keeps its promises in ${TRANCHE} stories from seed %i on`, first => {
    for (let seed = first; seed < first + TRANCHE; seed++) simulate(seed, STEPS, supervisor);
  });

  test.runIf(asked !== undefined)('keeps its promises in the story of BROOD_SEED', () => {
    simulate(Number(asked), STEPS, supervisor);
  });
});
