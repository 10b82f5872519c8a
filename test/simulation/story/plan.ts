/** Plans of a story: what the core predicts of a fleet file. */
import type {FleetSpec} from '../../../src/fleet/types.ts';
import type {FleetPlan} from '../../../src/supervisor/index.ts';
import {promise} from '../failure.ts';
import type {World} from './world.ts';

/** Returns the core's plan for a fleet file, and checks that planning does not change the state. */
export function planOf({module, core, options, clock}: World, fleet: FleetSpec): FleetPlan {
  const before = core.snapshot();
  let tokens = 0;
  const ownOptions = {...options, newToken: () => `copy-${++tokens}`, random: () => 0.5};
  const plan = module.planFor(core, fleet, ownOptions, clock.time);
  promise(core.snapshot() === before, () => 'a plan has changed the state');
  return plan;
}

/** Checks that the unchanged fleet file has an empty plan and that applying it has no effect. */
export function checkFileIsApplied(world: World): void {
  const {core, clock} = world;
  const due = core.nextDeadline();
  // Any input would also handle what is due by now.
  if (!world.isAsFile || (due !== null && due <= clock.mono)) return;
  const {workers, groups, channels} = planOf(world, world.file);
  promise(workers.length + groups.length + channels.length === 0, () => 'a fleet file without a change has a plan');
  const effects = core.handle({type: 'configure', fleet: structuredClone(world.file)}, clock.time);
  promise(effects.length === 0, () => `a fleet file without a change did ${JSON.stringify(effects)}`);
}
