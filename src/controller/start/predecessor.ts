/**
 * The controller before this one, if it is still alive: it was frozen when its keeper was lost. Its clients would wait
 * for ever, so it is woken up to leave; if it can't, it is killed.
 */
import {SIGCONT, SIGKILL} from '../../posix/signal-numbers.ts';
import type {ProcessId} from '../state/attachment.ts';
import {livingIn} from '../../home/living.ts';
import {signalIdentified} from '../../posix/pidfd.ts';
import {startTimeOf} from '../../process/stat.ts';

const PATIENCE_MS = 5_000;

/**
 * Returns whether a living socket in the place of the control socket belongs to an earlier controller, which is frozen
 * or leaving.
 *
 * @param peer null if the listener is unknown, since the queue of connections is full
 */
export function isPredecessor(peer: {readonly pid: number} | null, folder: string): boolean {
  if (peer?.pid === process.pid) return true;
  const controllers = livingIn(folder).filter(({role}) => role === 'controller');
  return peer === null ? controllers.length > 0 : controllers.some(({pid}) => pid === peer.pid);
}

export function endPredecessor({pid, startTime}: ProcessId): void {
  if (pid === process.pid) return;
  const gone = signalIdentified(pid, startTime, SIGCONT, startTimeOf);
  if (gone === null) setTimeout(() => signalIdentified(pid, startTime, SIGKILL, startTimeOf), PATIENCE_MS).unref();
}
