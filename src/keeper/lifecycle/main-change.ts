/** Another process of a run becomes its main one, by the run's own word (`MAINPID=` of sd_notify(3)). */
import type {RunEvents} from '../runs/events.ts';
import {equip} from '../runs/life.ts';
import {closeSync} from 'node:fs';
import {isMember, ProcessScan, membersOf} from '../lineage/members.ts';
import {recordStarted} from '../runs/record.ts';
import type {Runs} from '../runs/runs.ts';
import type {Run} from '../runs/run.ts';
import type {Epoll} from '../../posix/epoll.ts';
import {hasEnded, readStat} from '../../process/stat.ts';

export interface MainChangeHost extends Pick<RunEvents, 'emitFact' | 'becameMain'> {
  readonly folder: string;
  readonly runs: Runs;
  readonly epoll: Epoll;
}

/**
 * Makes a process the main one, whoever is its parent; answers why not, or null. From then on the run is one whose main
 * process another has started: it is watched as those are that a keeper has adopted.
 */
export function changeMain(run: Run, pid: number, host: MainChangeHost): string | null {
  const {folder, runs, epoll} = host;
  if (run.exit !== null || run.pid === null) return 'the main process has ended';
  const stat = readStat(pid);
  if (stat === null || hasEnded(stat)) return 'there is no such process';
  if (!isMember(stat, run)) return 'it is none of its processes';
  const {startTime} = stat;
  // They were known by the one before: by its session, and as its descendants.
  for (const member of membersOf(run, new ProcessScan())) run.known.set(member.pid, member.startTime);
  run.known.set(run.pid, run.startTime ?? '');
  if (run.pidfd !== null) {
    epoll.remove(run.pidfd);
    closeSync(run.pidfd);
    equip(run, {pidfd: null});
  }
  runs.moved(run, pid, startTime);
  host.becameMain(pid);
  const {token, since, startedAt, cgroup} = run;
  try {
    recordStarted(folder, token, {pid, startTime, since, startedAt: startedAt ?? Date.now(), cgroup});
  } catch {
    // Disk full: a later keeper takes the one before for the main process, and does not know how that ended.
  }
  host.emitFact({type: 'main-process', token, pid, startTime});
  return null;
}
