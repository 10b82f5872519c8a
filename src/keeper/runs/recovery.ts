/**
 * Finds the runs that another keeper left, by their records. A main process must have been recorded, and pid, start
 * time and boot must still be the same; any other process with the token is left over and will be ended.
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
  /** Whether the main process exists, though perhaps as a zombie. */
  readonly present: boolean;
}

/** Limits of a run of an earlier version. */
const NO_LIMITS = {memory: null, cpu: null} as const;

/** Defaults for a record whose intent is torn: the rest of the run is ended without a grace period. */
const NO_INTENT = {id: '', stopSignal: 'SIGTERM', stopTimeoutMs: 0, logStart: {out: 0, err: 0}} as const;

/** Removes the files of a run, including those elsewhere that `intent` names. */
export function removeTraces(folder: string, token: string, intent: Pick<Intent, 'notify'> | null = null): void {
  for (const stream of STREAMS) removeIfPossible(fifoPath(folder, token, stream));
  for (const path of [notifyPath(folder, token), readyPath(folder, token)]) removeIfPossible(path);
  if (intent?.notify) removeNotify(intent.notify);
  removeRecord(folder, token);
}

/**
 * Returns whether both FIFOs of a run exist: they are made before the fork, and removed once their content is moved.
 */
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
    // After an upgrade of the keeper, its children are still its children.
    child: present && stat.ppid === process.pid,
    paused: present && stat.state === 'T',
    // A main process that is gone was reaped while there was no keeper: how it ended is not known (`unknown`).
    exit: record.exit ?? (present ? null : {code: null, signal: null, at: now}),
    cleared: record.cleared,
    notice: record.ready ? {ready: true} : null,
    cgroup: started?.cgroup ?? intent?.cgroup ?? null,
    unenforced: limitsKept(started?.cgroup ?? null, intent?.limits ?? NO_LIMITS),
  };
  return {run, record, present};
}

/** Returns every recorded run of this boot; traces of earlier boots are removed. */
export function findRuns(folder: string, boot: string, now: number): Found[] {
  const found: Found[] = [];
  for (const record of readRecords(folder)) {
    if (record.intent !== null && record.intent.boot !== boot) removeTraces(folder, record.token, record.intent);
    else found.push(runOf(record, now));
  }
  return found;
}
