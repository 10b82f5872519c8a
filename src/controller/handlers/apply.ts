/** apply: makes the fleet's file true. */
import {askAndWait, mayChange, type Desk} from './desk.ts';
import type {Handlers} from '../../control/handlers.ts';
import {ErrorCode} from '../../control/messages.ts';
import {RpcError} from '../../control/errors.ts';
import {isUp, type Rule} from '../outcomes.ts';
import {rereadFleet} from '../reread.ts';
import type {Launch} from '../start.ts';

/** As the file says: what leaves is gone, what was stopped by hand stays so, all else is up. */
const isApplied: Rule = (instance, prospects) => {
  if (!instance) return {ok: true, reason: null};
  if (instance.leaving) return null;
  return instance.wanted === 'down' ? {ok: true, reason: 'stopped by hand'} : isUp(instance, prospects);
};

export const applyHandlers = (desk: Desk, launch: Launch): Handlers => ({
  async apply({timeoutMs}, context) {
    mayChange(desk);
    const read = await rereadFleet(launch);
    if ('message' in read) throw new RpcError(ErrorCode.failed, `nothing was changed: ${read.message}`);
    mayChange(desk);
    const {engine} = desk;
    engine.feed({type: 'configure', fleet: read.fleet});
    // After that turn, the instances are those that the file wants, and those that leave.
    await engine.until(() => true, context.signal);
    const ids = [...engine.heart.instances()].map(({id}) => id);
    return askAndWait(desk, {inputs: [], ids, rule: isApplied, timeoutMs}, context);
  },
});
