/** start, stop, restart, pause, resume, wait, down: commands about whether instances run. */
import {askAndWait, mayChange, type Desk} from './context.ts';
import type {CallContext, Handlers} from '../../control/handlers.ts';
import type {Outcomes, Target} from '../../control/messages.ts';
import {isPaused, isReloaded, isResumed, isStopped, isUp, isUpAnew, type Rule} from './outcomes.ts';
import {instancesNamed} from './targets.ts';
import type {Instance} from '../../supervisor/types.ts';

const idsOf = (instances: readonly Instance[]): string[] => instances.map(({id}) => id);

async function freezeOrThaw(
  desk: Desk,
  type: 'pause' | 'resume',
  targets: readonly Target[],
  rule: Rule,
  context: CallContext,
): Promise<Outcomes> {
  const instances = instancesNamed(desk.engine.heart, targets);
  const ids = idsOf(instances);
  const runs = desk.signalFailures.runsOf(ids);
  const done = await askAndWait(desk, {inputs: [{type, ids}], ids, rule, isSignal: true}, context);
  // The state says what is wanted; that every process of the tree was reached, the keeper says.
  await Promise.all(instances.flatMap(({run}) => (run ? [desk.hands.settled(run.token)] : [])));
  return desk.signalFailures.judge(done, runs);
}

export const lifeHandlers = (desk: Desk): Handlers => {
  const {engine} = desk;
  const named = (targets: readonly Target[]): Instance[] => instancesNamed(engine.heart, targets);
  return {
    start({targets, timeoutMs}, context) {
      mayChange(desk);
      const ids = idsOf(named(targets));
      return askAndWait(desk, {inputs: [{type: 'start', ids}], ids, rule: isUp, timeoutMs}, context);
    },
    stop({targets, timeoutMs}, context) {
      const ids = idsOf(named(targets));
      return askAndWait(desk, {inputs: [{type: 'stop', ids}], ids, rule: isStopped, timeoutMs}, context);
    },
    restart({targets, timeoutMs}, context) {
      mayChange(desk);
      const instances = named(targets);
      const ids = idsOf(instances);
      const rule = isUpAnew(new Map(instances.map(({id, run}) => [id, run?.token ?? null])));
      return askAndWait(desk, {inputs: [{type: 'restart', ids}], ids, rule, timeoutMs}, context);
    },
    reload({targets, timeoutMs}, context) {
      mayChange(desk);
      const instances = named(targets);
      const ids = idsOf(instances);
      const rule = isReloaded(instances, id => engine.heart.isReloading(id));
      return askAndWait(desk, {inputs: [{type: 'reload', ids}], ids, rule, timeoutMs}, context);
    },
    pause: ({targets}, context) => freezeOrThaw(desk, 'pause', targets, isPaused, context),
    resume: ({targets}, context) => freezeOrThaw(desk, 'resume', targets, isResumed, context),
    wait({targets, timeoutMs}, context) {
      // What was stopped by hand is not waited for, unless it is named.
      const instances = targets ? named(targets) : [...engine.heart.instances()].filter(({wanted}) => wanted === 'up');
      return askAndWait(desk, {inputs: [], ids: idsOf(instances), rule: isUp, timeoutMs}, context);
    },
    down({now, timeoutMs}, context) {
      const ids = idsOf([...engine.heart.instances()]);
      return askAndWait(desk, {inputs: [{type: 'down', now: now ?? false}], ids, rule: isStopped, timeoutMs}, context);
    },
  };
};
