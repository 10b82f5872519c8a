/** The end of a story: faults and commands cease, and the fleet must come to rest. */
import type {Instance} from '../../../src/supervisor/index.ts';
import {Broken, promise} from '../failure.ts';
import {NO_FAULTS} from '../keeper/faults.ts';
import {answerProbe, deliverFact, reportAllReady} from './facts.ts';
import {feed} from './feed.ts';
import type {World} from './world.ts';

/** Far more steps than a fleet without faults needs. */
const MAX_CALM_STEPS = 20_000;

/** Ends all faults, resumes all instances and waits until each is in a status that can last. */
export function calmDown(world: World): void {
  const {processes} = world.keeper;
  processes.faults = NO_FAULTS;
  if (world.fullDisk) world.freeDisk();
  const {lossRate} = world;
  // A lost `resume` would not be repeated.
  world.lossRate = 0;
  feed(world, {type: 'resume', ids: Array.from(world.core.instances(), ({id}) => id)});
  for (const run of world.keeper.runs.values()) processes.freeze(run, false);
  world.lossRate = lossRate;
  settle(world, () => [...world.core.instances()].every(isAtRest));
}

/** Delivers facts, progresses processes and advances the clocks until nothing happens any more and `done` holds. */
export function settle(world: World, done: () => boolean): void {
  const {keeper, clock} = world;
  for (let i = 0; i < MAX_CALM_STEPS; i++) {
    if (deliverFact(world) || answerProbe(world) || reportAllReady(world)) continue;
    let moved = false;
    for (const run of [...keeper.runs.values()]) moved = keeper.processes.progress(run, clock.mono) || moved;
    if (moved) continue;
    if (done()) return;
    const times = [...keeper.runs.values()].map(({killAt}) => killAt).filter(at => at > clock.mono);
    const next = Math.min(world.core.nextDeadline() ?? Infinity, ...times);
    promise(next < Infinity, () => `nothing will ever happen again: ${JSON.stringify([...world.core.instances()])}`);
    clock.advance(next - clock.mono);
    feed(world, {type: 'tick'});
  }
  throw new Broken('it never comes to rest');
}

/** Checks that core and keeper agree about the runs, and that only unwanted instances are stopped. */
export function checkRest({core, keeper}: World): void {
  const running = new Set<string>();
  for (const {id, status, wanted, run} of core.instances()) {
    promise((status === 'stopped') === (wanted === 'down'), () => `${id} is wanted ${wanted}, and ${status}`);
    if (run !== null) running.add(run.token);
  }
  for (const {token, phase} of keeper.runs.values()) {
    promise(running.has(token) && phase === 'running', () => `${token} (${phase}) was never forgotten`);
  }
  promise(running.size === keeper.runs.size, () => `the core has runs that there are not`);
}

function isAtRest({status, clearing}: Instance): boolean {
  return clearing === null && ['ready', 'finished', 'failed', 'pending', 'stopped'].includes(status);
}
