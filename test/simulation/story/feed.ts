/** One input of the core: its handling, the checks, the commit and the delivery of its effects. */
import type {Core, Effect, Input, Instance} from '../../../src/supervisor/index.ts';
import {auditFleet, momentOf} from '../audit.ts';
import {scopeOf} from '../commands.ts';
import {promise} from '../failure.ts';
import {checkPlan} from '../plan.ts';
import {planOf} from './plan.ts';
import {checkWatching} from './watching.ts';
import {loseController} from './restore.ts';
import type {World} from './world.ts';

/**
 * Feeds an input to the core, checks the result and sends the effects to the keeper. The controller may be lost in
 * between.
 *
 * @returns `lost` if the core that goes on has not recorded the input
 */
export function feed(world: World, input: Input): 'handled' | 'lost' {
  const {rng, core} = world;
  const dies = rng.chance(world.lossRate);
  const committed = dies ? core.snapshot() : '';
  if (dies && world.fullDisk === null)
    promise(world.commits.text === committed, () => 'what was committed is not the state');
  const effects = handle(world, input);
  // Lost before the commit: the input has no effect at all.
  if (dies && rng.chance(0.5) && input.type !== 'down') {
    loseController(world, committed);
    return 'lost';
  }
  // Lost after the commit: only the first effects may have been sent.
  const sent = dies ? rng.int(effects.length + 1) : effects.length;
  for (const effect of effects.slice(0, sent)) world.perform(effect);
  if (world.fullDisk === null) world.commits.take(core);
  const isRecorded = world.fullDisk === null;
  if (dies) loseController(world, core.snapshot());
  checkWatching(world);
  return !dies || isRecorded ? 'handled' : 'lost';
}

/** Lets the core handle an input, and checks its effects and its state. */
function handle(world: World, input: Input): Effect[] {
  const {core, model, trace} = world;
  const scope = scopeOf(input, core);
  const unaffected = unaffectedBy(input, core);
  if (input.type === 'down') model.isHasty ||= input.now;
  const {time} = world.clock;
  trace.note(input);
  const planned = input.type === 'configure' ? planOf(world, input.fleet) : null;
  const effects = core.handle(input, time);
  if (planned !== null && !core.isStopping) checkPlan(planned, effects, core);
  for (const effect of effects) trace.note(effect);
  const isMoved = unaffected !== undefined && core.get(unaffected.id)?.status !== unaffected.status;
  promise(!isMoved, () => `${unaffected?.id ?? ''} is believed to be ready, though others are to be asked`);
  const moment = momentOf(core);
  model.check({input, effects, core, time, moment, scope});
  auditFleet(core, moment);
  return effects;
}

/** Returns the instance that reports itself as ready although its readiness is determined otherwise. */
function unaffectedBy(input: Input, core: Core): Instance | undefined {
  const instance = input.type === 'said-ready' ? core.byToken(input.token) : undefined;
  const kind = instance && core.specOf(instance.worker).ready?.kind;
  return kind === 'notify' || kind === 'fd' ? undefined : instance;
}
