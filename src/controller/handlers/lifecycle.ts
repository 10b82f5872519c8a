/** start, stop, restart, reload, pause, resume, wait, down: commands about whether instances run. */
import {askAndWait, mayChange, type HandlerContext} from './context.ts';
import type {CallContext, Handlers} from '../../control/handlers.ts';
import type {Target} from '../../control/messages.ts';
import type {Outcomes} from '../../control/reports.ts';
import {isPaused, isReloaded, isResumed, isStopped, isUp, isUpAnew, type Rule} from './outcomes.ts';
import {instancesNamed} from './targets.ts';
import type {Instance} from '../../supervisor/types.ts';

const idsOf = (instances: readonly Instance[]): string[] => instances.map(({id}) => id);

async function freezeOrThaw(
  host: HandlerContext,
  type: 'pause' | 'resume',
  targets: readonly Target[],
  rule: Rule,
  context: CallContext,
): Promise<Outcomes> {
  const instances = instancesNamed(host.engine.core, targets);
  const ids = idsOf(instances);
  const runs = host.signalFailures.runsOf(ids);
  const done = await askAndWait(host, {inputs: [{type, ids}], ids, rule, isSignal: true}, context);
  // The core's state is only what is wanted; the keeper reports whether every process of the tree was reached.
  await Promise.all(instances.flatMap(({run}) => (run ? [host.runSignals.settled(run.token)] : [])));
  return host.signalFailures.judge(done, runs);
}

export const lifecycleHandlers = (
  host: HandlerContext,
): Pick<Handlers, 'start' | 'stop' | 'restart' | 'reload' | 'pause' | 'resume' | 'wait' | 'down'> => {
  const {engine} = host;
  const named = (targets: readonly Target[]): Instance[] => instancesNamed(engine.core, targets);
  return {
    start({targets, timeoutMs}, context) {
      mayChange(host);
      const ids = idsOf(named(targets));
      return askAndWait(host, {inputs: [{type: 'start', ids}], ids, rule: isUp, timeoutMs}, context);
    },
    stop({targets, timeoutMs}, context) {
      const ids = idsOf(named(targets));
      return askAndWait(host, {inputs: [{type: 'stop', ids}], ids, rule: isStopped, timeoutMs}, context);
    },
    restart({targets, timeoutMs}, context) {
      mayChange(host);
      const instances = named(targets);
      const ids = idsOf(instances);
      const rule = isUpAnew(new Map(instances.map(({id, run}) => [id, run?.token ?? null])));
      return askAndWait(host, {inputs: [{type: 'restart', ids}], ids, rule, timeoutMs}, context);
    },
    reload({targets, timeoutMs}, context) {
      mayChange(host);
      const instances = named(targets);
      const ids = idsOf(instances);
      const rule = isReloaded(instances, id => engine.core.isReloading(id));
      return askAndWait(host, {inputs: [{type: 'reload', ids}], ids, rule, timeoutMs}, context);
    },
    pause: ({targets}, context) => freezeOrThaw(host, 'pause', targets, isPaused, context),
    resume: ({targets}, context) => freezeOrThaw(host, 'resume', targets, isResumed, context),
    wait({targets, timeoutMs}, context) {
      // Instances that were stopped by hand are waited for only if they are named.
      const instances = targets ? named(targets) : [...engine.core.instances()].filter(({wanted}) => wanted === 'up');
      return askAndWait(host, {inputs: [], ids: idsOf(instances), rule: isUp, timeoutMs}, context);
    },
    down({now, timeoutMs}, context) {
      const ids = idsOf([...engine.core.instances()]);
      return askAndWait(host, {inputs: [{type: 'down', now: now ?? false}], ids, rule: isStopped, timeoutMs}, context);
    },
  };
};
