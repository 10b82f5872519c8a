/**
 * A story: a fleet, its processes, its users and its controllers, all driven by one random number generator. Processes
 * crash, hang and linger, commands contradict each other, and controllers are lost between any two steps. Every promise
 * of the core is checked after each step.
 */
import {promise, Broken} from './failure.ts';
import type {CoreModule} from './core-module.ts';
import {feed} from './story/feed.ts';
import {calmDown, checkRest, settle} from './story/rest.ts';
import {checkRoundTrip} from './story/restore.ts';
import {takeStep} from './story/step.ts';
import {World} from './story/world.ts';

/** A broken promise, with the command that reproduces it. */
export class SimulationFailure extends Error {
  override readonly name = 'SimulationFailure';
}

/** Steps between two reads of the snapshot. */
const ROUND_TRIP_EVERY = 251;

/** Runs `steps` steps of the story of a seed. @throws SimulationFailure at the first broken promise. */
export function simulate(seed: number, steps: number, core: CoreModule): void {
  const world = new World(seed, core);
  let step = 0;
  try {
    feed(world, {type: 'tick'});
    for (step = 1; step <= steps; step++) {
      takeStep(world);
      if (step % ROUND_TRIP_EVERY === 0) checkRoundTrip(world);
    }
    calmDown(world);
    checkRest(world);
    takeDown(world);
  } catch (error) {
    // A planted bug may also make the core throw or overflow the stack, which counts as found.
    const what = error instanceof Broken ? error.message : String(error instanceof Error ? error.stack : error);
    throw new SimulationFailure(
      `seed ${seed}, step ${step}: ${what}\n\nThe last that happened:\n${world.trace.text()}\n\n` +
        `Again: BROOD_SEED=${seed} npx vitest run test/simulation`,
    );
  }
}

/** Sends `down` and checks that every run ends and is forgotten, and every instance is stopped. */
function takeDown(world: World): void {
  const {keeper, rng} = world;
  feed(world, {type: 'down', now: rng.chance(0.3)});
  settle(world, () => world.core.isDown);
  promise(keeper.runs.size === 0, () => `after down, the keeper still has ${[...keeper.runs.keys()].join(', ')}`);
  for (const {id, status} of world.core.instances())
    promise(status === 'stopped', () => `${id} is ${status} after down`);
}
