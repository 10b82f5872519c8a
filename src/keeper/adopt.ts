/**
 * What a keeper finds that another one left: runs, by their records. A main process is one that was recorded, and only
 * if pid, start time and boot are still the same; whatever else carries its token is left over and will be ended.
 */
import {rmSync} from 'node:fs';
import {fifoPath} from './output.ts';
import type {ExitFact} from './messages.ts';
import {readRecords, removeRecord, type SpawnRecord} from './record.ts';
import type {Run} from './run.ts';
import {STREAMS} from '../logs/layout.ts';
import {isAlive, readStat} from '../process/stat.ts';

export interface Found {
  readonly run: Run;
  readonly record: SpawnRecord;
  /** Its main process lives. */
  readonly alive: boolean;
}

/** Removes what lies on disk of a run. */
export function removeTraces(folder: string, token: string): void {
  for (const stream of STREAMS) rmSync(fifoPath(folder, token, stream), {force: true});
  removeRecord(folder, token);
}

/** Every recorded run of this boot; traces of earlier boots are removed. */
export function findRuns(folder: string, boot: string, now: number): Found[] {
  const found: Found[] = [];
  for (const record of readRecords(folder)) {
    const {intent, started} = record;
    if (intent.boot !== boot) {
      removeTraces(folder, intent.token);
      continue;
    }
    const alive = started !== null && record.exit === null && isAlive(started.pid, started.startTime);
    // Nobody was there to wait for it: how it ended is not known (`unknown`).
    const exit: ExitFact | null = record.exit ?? (alive ? null : {code: null, signal: null, at: now});
    found.push({
      record,
      alive,
      run: {
        token: intent.token,
        id: intent.id,
        stopSignal: intent.stopSignal,
        stopTimeoutMs: intent.stopTimeoutMs,
        logStart: intent.logStart,
        pid: started?.pid ?? null,
        startTime: started?.startTime ?? null,
        startedAt: started?.startedAt ?? null,
        pidfd: null,
        adopted: true,
        paused: alive && readStat(started.pid)?.state === 'T',
        exit,
        failure: null,
        cleared: null,
        cgroup: started?.cgroup ?? null,
        output: null,
        orphans: new Map(),
      },
    });
  }
  return found;
}
