/**
 * What a keeper finds that another one left: runs, by their records. A main process is one that was recorded, and only
 * if pid, start time and boot are still the same; whatever else carries its token is left over and will be ended.
 */
import {existsSync} from 'node:fs';
import {limitsKept} from '../cgroup/limits.ts';
import {removeNotify} from './notify-socket.ts';
import {readRecords, removeRecord, type SpawnRecord} from './record.ts';
import type {Intent} from './shape.ts';
import {newRun, type Run} from './run.ts';
import {notifyPath, readyPath} from './files.ts';
import {fifoPath, STREAMS} from '../../logs/layout.ts';
import {removeIfPossible} from '../../posix/remove.ts';
import {noteUser, noteUserOf} from '../../process/fleet-table.ts';
import {readStat} from '../../process/stat.ts';

export interface Found {
  readonly run: Run;
  readonly record: SpawnRecord;
  /** Its main process is there, though perhaps as a zombie. */
  readonly present: boolean;
}

/** Of a run of an earlier version. */
const NO_LIMITS = {memory: null, cpu: null} as const;

/** Of a record whose intent is torn: nobody is asked before what is left of it is ended. */
const NO_INTENT = {id: '', stopSignal: 'SIGTERM', stopTimeoutMs: 0, logStart: {out: 0, err: 0}} as const;

/** Removes what lies on disk of a run; `intent` where something of it may lie elsewhere. */
export function removeTraces(folder: string, token: string, intent: Pick<Intent, 'notify'> | null = null): void {
  for (const stream of STREAMS) removeIfPossible(fifoPath(folder, token, stream));
  for (const path of [notifyPath(folder, token), readyPath(folder, token)]) removeIfPossible(path);
  if (intent?.notify) removeNotify(intent.notify);
  removeRecord(folder, token);
}

/** Whether both of a run's FIFOs are there: they are made before the fork, and removed when what was written is moved. */
export const hasFifos = (folder: string, token: string): boolean =>
  STREAMS.every(stream => existsSync(fifoPath(folder, token, stream)));

function runOf(record: SpawnRecord, now: number): Found {
  const {token, intent, started} = record;
  const {id, stopSignal, stopTimeoutMs, logStart} = intent ?? NO_INTENT;
  const stat = started === null || record.exit !== null ? null : readStat(started.pid);
  const present = started !== null && stat?.startTime === started.startTime;
  if (present) noteUserOf(started.pid);
  if (intent?.owner) noteUser(intent.owner.uid);
  const run: Run = {
    ...newRun({token, id, stopSignal, stopTimeoutMs, logStart}),
    intent,
    pid: started?.pid ?? null,
    startTime: started?.startTime ?? null,
    startedAt: started?.startedAt ?? null,
    since: started?.since ?? null,
    adopted: true,
    // After an upgrade of the keeper, its children are its children still.
    child: present && stat.ppid === process.pid,
    paused: present && stat.state === 'T',
    // One that is gone was waited for while no keeper looked: how it ended is not known (`unknown`).
    exit: record.exit ?? (present ? null : {code: null, signal: null, at: now}),
    cleared: record.cleared,
    notice: record.ready ? {ready: true} : null,
    cgroup: started?.cgroup ?? intent?.cgroup ?? null,
    unenforced: limitsKept(started?.cgroup ?? null, intent?.limits ?? NO_LIMITS),
  };
  return {run, record, present};
}

/** Every recorded run of this boot; traces of earlier boots are removed. */
export function findRuns(folder: string, boot: string, now: number): Found[] {
  const found: Found[] = [];
  for (const record of readRecords(folder)) {
    if (record.intent !== null && record.intent.boot !== boot) removeTraces(folder, record.token, record.intent);
    else found.push(runOf(record, now));
  }
  return found;
}
