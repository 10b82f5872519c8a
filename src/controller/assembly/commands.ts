/** Creates the control socket and the handlers of its methods. */
import {inFolder} from '../../control/folder.ts';
import type {Handlers} from '../../control/handlers.ts';
import type {SupervisorReport} from '../../control/reports.ts';
import {ControlServer} from '../../control/server.ts';
import {applyHandlers} from '../handlers/apply.ts';
import {connectionHandlers} from '../handlers/connection.ts';
import {lifecycleHandlers} from '../handlers/lifecycle.ts';
import {memberHandlers} from '../handlers/members.ts';
import {peerOf} from '../handlers/peer.ts';
import {queryHandlers} from '../handlers/query.ts';
import {signalHandlers} from '../handlers/signals.ts';
import {upgradeHandlers} from '../handlers/upgrade.ts';
import {isPredecessor} from '../start/predecessor.ts';
import {logError} from '../turn/stderr.ts';
import type {WorkerServices} from './worker-services.ts';
import type {Decisions} from './decisions.ts';
import type {Monitoring} from './monitoring.ts';

export function createServer(
  decisions: Decisions,
  monitoring: Monitoring,
  services: WorkerServices,
  report: () => SupervisorReport,
): ControlServer {
  const {folder, welcome, launch} = decisions;
  const context = {...decisions, ...monitoring, ...services};
  // A method without a handler does not compile.
  const handlers: Handlers = {
    ...queryHandlers(context, report),
    ...lifecycleHandlers(context),
    ...memberHandlers(context),
    ...signalHandlers(context),
    ...applyHandlers(context, launch),
    ...upgradeHandlers(context),
    ...connectionHandlers(decisions),
  };
  return new ControlServer({
    socketPath: inFolder.socket(folder),
    allowedUids: new Set([0, process.getuid?.() ?? 0]),
    peerOf,
    // A controller whose keeper is gone must not take the socket from its successor.
    mayListen: () => process.ppid === welcome.keeper,
    mayReplace: peer => isPredecessor(peer, folder),
    onError: error => logError('internal error in a command', error),
    handlers,
  });
}
