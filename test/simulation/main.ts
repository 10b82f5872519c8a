/**
 * Many stories, other ones each time: STORIES (10,000) from the seed SEED (by the clock) on, of 2,000 steps each. The first
 * that breaks a promise ends it; its seed tells the same story again (BROOD_SEED=N make check VITEST=test/simulation).
 */
import * as supervisor from '../../src/supervisor/index.ts';
import {simulate, SimulationFailure} from './simulation.ts';

const STEPS = 2000;
/** A line now and then, so that a log shows how far it is. */
const TELL_EVERY = 500;

const {stdout, stderr, env} = process;

/** Answers the exit code. */
function tell(stories: number, first: number): number {
  if (!Number.isSafeInteger(stories) || stories < 1 || !Number.isSafeInteger(first) || first < 0) {
    stderr.write('simulate: STORIES and SEED are whole numbers\n');
    return 2;
  }
  stdout.write(`${stories} stories of ${STEPS} steps, from seed ${first} on\n`);
  for (let told = 0; told < stories; told++) {
    try {
      simulate(first + told, STEPS, supervisor);
    } catch (error) {
      if (!(error instanceof SimulationFailure)) throw error;
      stderr.write(`${error.message}\n`);
      return 1;
    }
    if ((told + 1) % TELL_EVERY === 0) stdout.write(`${told + 1} of ${stories}\n`);
  }
  stdout.write('no promise was broken\n');
  return 0;
}

process.exitCode = tell(Number(env['STORIES'] ?? 10_000), Number(env['SEED'] ?? Math.floor(Date.now() / 1000)));
