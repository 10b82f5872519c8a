/** apply and plan: a changed fleet file. */
import {coreOptions} from '../turn/core-options.ts';
import {now} from '../turn/clock.ts';
import {maskDeep} from '../../control/secrets.ts';
import {askAndWait, mayChange, type HandlerContext} from './context.ts';
import type {Handlers} from '../../control/handlers.ts';
import {ErrorCode} from '../../control/messages.ts';
import {RpcError} from '../../control/errors.ts';
import {isUp, type Rule} from './outcomes.ts';
import {rereadFleet} from '../state/reread.ts';
import type {Launch} from '../state/launch.ts';
import {planFor, type Difference} from '../../supervisor/index.ts';

/** As the file requires: removed instances are gone, those stopped by hand stay so, all others are up. */
const isApplied: Rule = (instance, prospects) => {
  if (!instance) return {ok: true, reason: null};
  if (instance.leaving) return null;
  return instance.wanted === 'down' ? {ok: true, reason: 'stopped by hand'} : isUp(instance, prospects);
};

const masked = ({key, before, after}: Difference): Difference => {
  // Only variables have user-defined names: `tokens: 3` of a definition is no secret.
  const name = key.startsWith('env.') ? key : '';
  return {key, before: maskDeep(name, before), after: maskDeep(name, after)};
};

export const applyHandlers = (host: HandlerContext, launch: Launch): Pick<Handlers, 'apply' | 'plan'> => ({
  async apply({timeoutMs}, context) {
    mayChange(host);
    const read = await rereadFleet(launch);
    if ('message' in read) throw new RpcError(ErrorCode.failed, `nothing was changed: ${read.message}`);
    mayChange(host);
    const {engine} = host;
    engine.feed({type: 'configure', fleet: read.fleet});
    // After this turn the core holds the instances that the file defines and those that leave.
    await engine.until(() => true, context.signal);
    const ids = [...engine.core.instances()].map(({id}) => id);
    return askAndWait(host, {inputs: [], ids, rule: isApplied, timeoutMs}, context);
  },
  async plan() {
    const read = await rereadFleet(launch);
    if ('message' in read) throw new RpcError(ErrorCode.failed, read.message);
    const {workers, groups, channels, unchanged} = planFor(host.engine.core, read.fleet, coreOptions, now());
    return {
      workers: workers.map(change => ({...change, differences: change.differences.map(masked)})),
      groups: groups.map(masked),
      channels: channels.map(masked),
      unchanged,
    };
  },
});
