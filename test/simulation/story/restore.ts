/** The loss of the controller: a new core is restored from the last snapshot and reconciled with the keeper. */
import {reconcile} from '../../../src/controller/start/reconcile.ts';
import type {Core, Effect} from '../../../src/supervisor/index.ts';
import {auditFleet, momentOf} from '../audit.ts';
import {promise} from '../failure.ts';
import type {World} from './world.ts';

/** Replaces the core by one restored from the snapshot or, if the disk is full, from the last recorded one. */
export function loseController(world: World, snapshot: string): void {
  if (world.fullDisk) {
    loseUnrecorded(world, world.fullDisk.snapshot);
    return;
  }
  world.trace.note('-- the controller is lost, another one goes on');
  passDowntime(world);
  world.keeper.reconnect();
  const {core, effects} = restoreExactly(world, snapshot);
  world.core = core;
  world.model.adopt(core);
  world.performAll(effects);
}

/** The next controller has an old state, and takes over the runs that it finds. */
function loseUnrecorded(world: World, snapshot: string): void {
  const {keeper, trace, clock} = world;
  trace.note('-- the controller is lost, and what it did could not be recorded');
  passDowntime(world);
  keeper.reconnect();
  keeper.outbox.clear();
  world.fullDisk = {snapshot, withheld: []};
  const {core, effects} = world.module.restoreCore(snapshot, world.options);
  world.core = core;
  world.isAsFile = false;
  const phases = new Map(Array.from(keeper.runs.values(), ({token, phase}) => [token, phase]));
  const {inputs, replaced, strays} = reconcile(core, keeper.records(), clock.wall, () => 0);
  const pending = effects.filter(effect => !('token' in effect && replaced.has(effect.token)));
  for (const input of inputs) {
    trace.note(input);
    pending.push(...core.handle(input, clock.time));
  }
  world.performAll(pending);
  for (const {token, id} of strays) {
    promise(!core.workers().some(({name}) => id.startsWith(`${name}/`)), () => `${id} (${token}) is taken for a stray`);
    keeper.kill(token);
  }
  // Every run that was alive and is still wanted is adopted by its instance.
  for (const {id, run, wanted} of core.instances()) {
    const own = [...keeper.runs.values()].find(one => one.id === id && phases.get(one.token) === 'running');
    promise(own === undefined || wanted === 'down' || run?.token === own.token, () => `${id} lost ${own?.token ?? ''}`);
  }
  auditFleet(core, momentOf(core));
  world.model.adopt(core);
}

/** Lets time pass until the next controller starts. The wall clock may be set meanwhile. */
function passDowntime({clock, rng}: World): void {
  clock.advance(rng.pick([0, 0, 200, 5000]));
  clock.shiftWall(rng.pick([0, 10, 3_600_000, -3_600_000]));
}

/** Restores a core and checks that it has the same snapshot. */
function restoreExactly({module, options}: World, snapshot: string): {core: Core; effects: readonly Effect[]} {
  const restored = module.restoreCore(snapshot, options);
  promise(restored.core.snapshot() === snapshot, () => 'a restored core has another snapshot');
  return restored;
}

/** Restores a copy of the core and checks that it has the same state and deadlines, and no pending effects. */
export function checkRoundTrip(world: World): void {
  const {clock} = world;
  const {core} = restoreExactly(world, world.core.snapshot());
  const due = world.core.nextDeadline();
  // A core with a deadline that is due, or one that was just restored, still has effects.
  if (due !== null && due <= clock.mono) return;
  promise(core.isDown === world.core.isDown, () => 'a restored core counts otherwise');
  const effects = core.handle({type: 'pause', ids: []}, clock.time);
  promise(effects.length === 0, () => `a restored core does more than the first: ${JSON.stringify(effects)}`);
  promise(core.nextDeadline() === due, () => 'a restored core has other deadlines');
}
