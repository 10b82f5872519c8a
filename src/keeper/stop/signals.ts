/** Operations on running processes: signals, stopping and continuing of whole trees, nice values. */
import {SIGSTOP} from '../../posix/signal-numbers.ts';
import {setPriority} from 'node:os';
import {freezeMembers, signalMain, signalMember, type Signalled} from './members.ts';
import {ProcessScan, membersOf} from '../lineage/members.ts';
import type {Reply} from '../../link/orders.ts';
import type {Run} from '../runs/run.ts';
import {signalIdentified} from '../../posix/pidfd.ts';
import {startTimeOf} from '../../process/stat.ts';

const replyOf = (error: string | null, pids: readonly number[]): Reply => ({
  ok: error === null,
  error,
  pids: error === null ? pids : [],
});
const gone = replyOf('ESRCH', []);

/** @param error result for the main process, which is not among the members */
function replyOfTree(main: number, error: string | null, members: readonly Omit<Signalled, 'run'>[]): Reply {
  const pids = members.filter(member => member.error === null).map(({pid}) => pid);
  // A process that is gone needs no signal.
  const refused = members.flatMap(({pid, name, error: why}) =>
    why === null || why === 'ESRCH' ? [] : [{pid, name, error: why}],
  );
  const reached = error === null ? [main, ...pids] : pids;
  return {ok: error === null, error, pids: reached, ...(refused.length > 0 && {refused})};
}

/** Sends a signal to one process, if its start time still matches. */
export const signalProcess = (pid: number, startTime: string, signal: number): Reply =>
  replyOf(signalIdentified(pid, startTime, signal, startTimeOf), [pid]);

/** Sends a signal to a run's main process, or to all its processes. Returns the reached and the refused ones. */
export function signalRun(run: Run | undefined, signal: number, tree: boolean): Reply {
  if (!run || run.pid === null || run.exit !== null) return gone;
  const members = tree ? membersOf(run, new ProcessScan()) : [];
  const error = signalMain(run, signal);
  return replyOfTree(
    run.pid,
    error,
    members.map(member => ({...member, error: signalMember(member, signal)})),
  );
}

/** Stops every process of a run, including those forked meanwhile. Returns the stopped and the refused ones. */
export function freezeRun(run: Run | undefined): Reply {
  if (!run || run.pid === null || run.exit !== null) return gone;
  const error = signalMain(run, SIGSTOP);
  const members = error === null ? freezeMembers([run]) : [];
  return replyOfTree(run.pid, error, members);
}

/** Sets a nice value (setpriority(2)). */
export function setNice(pid: number, startTime: string, nice: number): Reply {
  try {
    if (startTimeOf(pid) !== startTime) return gone;
    setPriority(pid, nice);
    return replyOf(null, [pid]);
  } catch (error) {
    // Node reports the system's error in `info` only.
    const info = error instanceof Error && 'info' in error ? JSON.stringify(error.info) : '';
    return replyOf(/EPERM|EACCES|ENOSYS/.exec(info)?.[0] ?? 'ESRCH', []);
  }
}
