/** Signals to the processes of a run: to its main process, to one found by a scan, or to all until none is left out. */
import {SIGSTOP} from '../../posix/signal-numbers.ts';
import {killPid} from '../../posix/kill.ts';
import {pidfdRefusals, signalIdentified, signalPidfd} from '../../posix/pidfd.ts';
import {readStat, startTimeOf} from '../../process/stat.ts';
import {ProcessScan, membersOf, type Member} from '../lineage/members.ts';
import type {Run} from '../runs/run.ts';

/** Maximum number of scans. A run that forks faster than it is frozen is scanned again in the next round. */
const FREEZE_LOOKS = 20;

/** A process of a run to which a signal was sent. */
export interface Signalled extends Member {
  readonly run: Run;
  /** Why the signal was not delivered (`ESRCH`: the process is gone), or null if it was. */
  readonly error: string | null;
}

/** Sends a signal to a process found by a scan, if it is still the same process. */
export const signalMember = (member: Member, signal: number): string | null =>
  signalIdentified(member.pid, member.startTime, signal, startTimeOf);

/** Sends a signal to a run's main process. */
export function signalMain(run: Run, signal: number): string | null {
  const {pid, startTime, pidfd, exit, adopted} = run;
  if (pid === null || startTime === null || exit !== null) return 'ESRCH';
  // The kernel does not reuse the pid of this process's child until the child is reaped.
  if (!adopted) return killPid(pid, signal);
  if (pidfd !== null && pidfdRefusals().send === null) return signalPidfd(pidfd, signal);
  return signalIdentified(pid, startTime, signal, startTimeOf);
}

/** Whether a run is stopped. An adopted run sends no SIGCHLD here, so the state of its main process is read. */
export const isPaused = ({paused, adopted, pid, exit}: Run): boolean =>
  paused || (adopted && pid !== null && exit === null && readStat(pid)?.state === 'T');

/**
 * Stops every process of some runs, including those forked meanwhile. Returns the processes and the results, without
 * the main processes. The runs share each scan; the first one may have been made for another purpose.
 */
export function freezeMembers(runs: readonly Run[], first = new ProcessScan()): Signalled[] {
  const frozen = new Map<string, Signalled>();
  for (let looks = 0, look = first; looks < FREEZE_LOOKS; looks++, look = new ProcessScan()) {
    const fresh = runs
      .flatMap(run => membersOf(run, look).map(member => ({...member, run})))
      .filter(member => !frozen.has(`${member.pid} ${member.startTime}`));
    if (fresh.length === 0) break;
    for (const member of fresh)
      frozen.set(`${member.pid} ${member.startTime}`, {...member, error: signalMember(member, SIGSTOP)});
  }
  return [...frozen.values()];
}
