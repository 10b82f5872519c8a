/** Signals to the processes of a run: to its main process, to one that was seen, or to all until none is left out. */
import {SIGSTOP} from '../../posix/signal-numbers.ts';
import {killPid} from '../../posix/kill.ts';
import {pidfdRefusals, signalIdentified, signalPidfd} from '../../posix/pidfd.ts';
import {readStat, startTimeOf} from '../../process/stat.ts';
import {ProcessScan, membersOf, type Member} from '../lineage/members.ts';
import type {Run} from '../runs/run.ts';

/** A run that forks faster than it is frozen is looked at again in the next round. */
const FREEZE_LOOKS = 20;

/** A process of a run that was sent a signal. */
export interface Signalled extends Member {
  readonly run: Run;
  /** Why it did not get it (`ESRCH`: it is gone); null: it did. */
  readonly error: string | null;
}

/** Sends a signal to a process that was seen in a look, if it is still the same one. */
export const signalMember = (member: Member, signal: number): string | null =>
  signalIdentified(member.pid, member.startTime, signal, startTimeOf);

/** Sends a signal to a run's main process. */
export function signalMain(run: Run, signal: number): string | null {
  const {pid, startTime, pidfd, exit, adopted} = run;
  if (pid === null || startTime === null || exit !== null) return 'ESRCH';
  // Until this process has waited for a child of its own, the kernel gives that pid to no other process.
  if (!adopted) return killPid(pid, signal);
  if (pidfd !== null && pidfdRefusals().send === null) return signalPidfd(pidfd, signal);
  return signalIdentified(pid, startTime, signal, startTimeOf);
}

/** What an adopted run's parent is told by SIGCHLD, nobody tells here. */
export const isPaused = ({paused, adopted, pid, exit}: Run): boolean =>
  paused || (adopted && pid !== null && exit === null && readStat(pid)?.state === 'T');

/**
 * Stops every process of some runs, also those that are forked meanwhile; answers who they are and how that went, the main
 * processes left out. The runs share each look, and may begin with one that was taken for something else.
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
