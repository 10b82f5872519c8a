/** One random step of a story: a fact, a command, a fault or the passage of time. */
import type {FleetSpec} from '../../../src/fleet/types.ts';
import {isOverdue} from '../audit.ts';
import {randomCommand} from '../commands.ts';
import {promise} from '../failure.ts';
import {editedFleet} from '../fleets.ts';
import {
  answerProbe,
  deliverFact,
  failHealthCheck,
  freezeOrContinue,
  progressRun,
  sendNotification,
  sendStrayFact,
} from './facts.ts';
import {feed} from './feed.ts';
import {checkFileIsApplied} from './plan.ts';
import type {World} from './world.ts';

export function takeStep(world: World): void {
  const {rng} = world;
  if (world.fullDisk) {
    if (rng.chance(0.03)) world.freeDisk();
  } else if (rng.chance(world.fullRate)) world.fillDisk();
  if (rng.chance(world.commandRate)) sendCommand(world);
  else if (rng.chance(0.45)) deliverFact(world);
  else if (rng.chance(0.6)) progressRun(world);
  else if (rng.chance(0.5)) answerProbe(world);
  else if (rng.chance(0.3)) failHealthCheck(world);
  else if (rng.chance(0.3)) sendNotification(world);
  else if (rng.chance(0.85)) passTime(world);
  else if (world.keeper.runs.size > 0 && rng.chance(0.7)) freezeOrContinue(world);
  else sendStrayFact(world);
}

/** Sends a random command of a user, or applies the unchanged fleet file again. */
function sendCommand(world: World): void {
  const {rng} = world;
  if (rng.chance(0.1)) {
    checkFileIsApplied(world);
    return;
  }
  const edited = (): FleetSpec => editedFleet(rng, world.file);
  const command = randomCommand(rng, world.core, edited);
  if (command === null) return;
  if (feed(world, command) === 'lost') return;
  if (command.type === 'configure') {
    world.file = command.fleet;
    world.isAsFile = world.core.added().length === 0;
  } else if (command.type === 'add' || command.type === 'remove' || command.type === 'scale') world.isAsFile = false;
}

/** Advances the clocks, mostly to the next deadline, and checks that a tick leaves nothing overdue. */
function passTime(world: World): void {
  const {clock, rng} = world;
  const due = world.core.nextDeadline();
  if (due !== null && rng.chance(0.6)) clock.advance(due - clock.mono);
  else clock.advance(rng.pick([0, 1, 30, 400, 6000, 60_000]));
  // The wall clock is set, or the machine was suspended. Only schedules may depend on it.
  if (rng.chance(0.05)) clock.shiftWall(rng.pick([rng.int(2_000_000) - 1_000_000, 30_000, -86_400_000]));
  // If the controller is lost meanwhile, the checks concern the core that has handled the tick.
  const {core} = world;
  const {mono} = clock;
  feed(world, {type: 'tick'});
  const next = core.nextDeadline();
  promise(next === null || next > mono, () => `after a tick at ${mono}, ${String(next)} is still due`);
  // Each instance is checked: a deadline queue in wrong order would hide an overdue one.
  for (const i of core.instances()) promise(!isOverdue(i, mono), () => `${i.id} is overdue after a tick at ${mono}`);
}
