/** Makes another process of a run its main one, at the run's own request (`MAINPID=` of sd_notify(3)). */
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
 * Makes a process the main one, whatever its parent. Returns why that is refused, or null. From then on the run is
 * watched like an adopted one, since another process has started its main process.
 */
export function changeMain(run: Run, pid: number, host: MainChangeHost): string | null {
  const {folder, runs, epoll} = host;
  if (run.exit !== null || run.pid === null) return 'the main process has ended';
  const stat = readStat(pid);
  if (stat === null || hasEnded(stat)) return 'no such process';
  if (!isMember(stat, run)) return 'not one of its processes';
  const {startTime} = stat;
  // The old main process identified them: by its session, and as its descendants.
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
    // Disk full: a later keeper takes the old process for the main one, and does not know how it ended.
  }
  host.emitFact({type: 'main-process', token, pid, startTime});
  return null;
}
