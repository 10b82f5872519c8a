/** add, remove, scale: commands that change the members of the fleet. */
import {askAndWait, mayChange, type HandlerContext} from './context.ts';
import type {Handlers} from '../../control/handlers.ts';
import {ErrorCode} from '../../control/messages.ts';
import {RpcError} from '../../control/errors.ts';
import {workerFromCommand} from '../../fleet/add.ts';
import {MOST_INSTANCES} from '../../fleet/most-instances.ts';
import {isGone, isUp, type Rule} from './outcomes.ts';
import {workersNamed} from './targets.ts';
import type {Instance} from '../../supervisor/types.ts';

/** Generous estimate of what an instance and its run add to the state. */
const INSTANCE_BYTES = 2 * 1024;

/** Returns which instances stay or are added, and which leave, at a new count. New ones get the lowest free numbers. */
function membersAfter(
  worker: string,
  instances: number,
  all: readonly Instance[],
): {readonly stay: readonly string[]; readonly leave: readonly string[]} {
  const now = all.filter(({leaving}) => !leaving).map(({id}) => id);
  const stay = now.slice(0, instances);
  const taken = new Set(now);
  for (let number = 1; stay.length < instances; number++) {
    const id = `${worker}/${number}`;
    if (!taken.has(id)) stay.push(id);
  }
  return {stay, leave: now.slice(instances)};
}

const isScaledTo =
  (stay: ReadonlySet<string>): Rule =>
  (instance, prospects) => {
    if (!instance || !stay.has(instance.id)) return isGone(instance, prospects);
    return instance.wanted === 'down' ? {ok: true, reason: null} : isUp(instance, prospects);
  };

export const memberHandlers = (host: HandlerContext): Pick<Handlers, 'add' | 'remove' | 'scale'> => {
  const {engine} = host;
  const {core} = engine;
  return {
    add(options, context) {
      const {name, argv, restart, cwd, env} = options;
      const made = workerFromCommand({
        argv,
        cwd,
        ...(name === undefined ? {} : {name}),
        ...(restart === undefined ? {} : {restart}),
        ...(env === undefined ? {} : {env}),
      });
      if ('problem' in made) throw new RpcError(ErrorCode.invalidParams, made.problem);
      const {spec} = made;
      mayChange(host, Buffer.byteLength(JSON.stringify(spec)));
      const {groups} = core.fleet();
      if (core.workers().some(worker => worker.name === spec.name) || groups.some(group => group.name === spec.name)) {
        throw new RpcError(ErrorCode.failed, `${spec.name} already exists; choose another name with --name NAME`);
      }
      return askAndWait(host, {inputs: [{type: 'add', spec}], ids: [`${spec.name}/1`], rule: isUp}, context);
    },
    remove({targets, timeoutMs}, context) {
      const workers = workersNamed(core, targets);
      for (const other of core.workers()) {
        const needed = [...other.after, ...other.requires].find(name => workers.includes(name));
        if (needed !== undefined && !workers.includes(other.name)) {
          throw new RpcError(
            ErrorCode.failed,
            `${other.name} depends on ${needed}: remove ${other.name} too, or remove the dependency from the fleet file`,
          );
        }
      }
      const ids = workers.flatMap(worker => engine.instancesOf(worker).map(({id}) => id));
      return askAndWait(host, {inputs: [{type: 'remove', workers}], ids, rule: isGone, timeoutMs}, context);
    },
    scale({counts, timeoutMs}, context) {
      const workers = workersNamed(core, Object.keys(counts));
      const others = core.workers().filter(({name}) => !workers.includes(name));
      const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
      if (total + others.reduce((sum, {instances}) => sum + instances, 0) > MOST_INSTANCES) {
        throw new RpcError(ErrorCode.invalidParams, `a fleet can have at most ${MOST_INSTANCES} instances`);
      }
      mayChange(host, total * INSTANCE_BYTES);
      const scaled = workers.map(worker => ({worker, instances: counts[worker] ?? 0}));
      const all = scaled.map(({worker, instances}) => membersAfter(worker, instances, engine.instancesOf(worker)));
      const stay = new Set(all.flatMap(one => one.stay));
      const ids = [...new Set(all.flatMap(one => [...one.stay, ...one.leave]))];
      const inputs = scaled.map(({worker, instances}) => ({type: 'scale', worker, instances}) as const);
      return askAndWait(host, {inputs, ids, rule: isScaledTo(stay), timeoutMs}, context);
    },
  };
};
