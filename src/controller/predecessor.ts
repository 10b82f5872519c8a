/**
 * The controller before this one, where it lives on: it was frozen when its keeper was lost. Whoever is connected to it
 * waits for ever, so it is woken up to leave; one that can't is killed.
 */
import type {ProcessId} from './attachment.ts';
import {signalIdentified} from '../posix/pidfd.ts';
import {startTimeOf} from '../process/stat.ts';

const PATIENCE_MS = 5_000;
const SIGCONT = 18;
const SIGKILL = 9;

export function endPredecessor({pid, startTime}: ProcessId): void {
  if (pid === process.pid) return;
  const gone = signalIdentified(pid, startTime, SIGCONT, startTimeOf);
  if (gone === null) setTimeout(() => signalIdentified(pid, startTime, SIGKILL, startTimeOf), PATIENCE_MS).unref();
}
