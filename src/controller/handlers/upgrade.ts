/**
 * upgrade: replaces the programs. An incomplete copy is rejected; otherwise the command returns at once, and events
 * report the result (`upgraded`, `upgrade-failed`).
 */
import {copyProblem} from './code-copy.ts';
import {mayChange, type HandlerContext} from './context.ts';
import {RpcError} from '../../control/errors.ts';
import type {Handlers} from '../../control/handlers.ts';
import {ErrorCode} from '../../control/messages.ts';

export const upgradeHandlers = (host: HandlerContext): Pick<Handlers, 'upgrade'> => ({
  async upgrade({code}) {
    mayChange(host);
    const problem = await copyProblem(host.folder, code);
    if (problem !== null) {
      throw new RpcError(
        ErrorCode.failed,
        `nothing was changed: no complete copy of the programs to upgrade to: ${problem}; \`brood upgrade\` creates one`,
      );
    }
    // The fleet may have begun to stop.
    mayChange(host);
    host.link.order({type: 'upgrade', code});
    return {};
  },
});
