/**
 * Runs whose records were removed together with the keeper that would have written them again. They can't be adopted, since
 * nobody knows any more where their output goes and what they were granted; but they must not run beside their
 * successors either. Each is taken up as a run that has ended nobody knows how, and left something behind.
 */
import {join} from 'node:path';
import type {Cgroups} from '../cgroup/cgroup.ts';
import {TOKEN_VARIABLE, type ProcessScan} from '../lineage/members.ts';
import type {Runs} from '../runs/runs.ts';
import {newRun, type Run} from '../runs/run.ts';
import {environmentValue} from '../../process/proc-files.ts';
import {hasEnded, type Stat} from '../../process/stat.ts';

/** By this every process of a worker knows where its fleet's socket is. */
const SOCKET_VARIABLE = 'BROOD_SOCKET';
const SOCKET = 'control.sock';
const TOKEN = /^[0-9a-f]{32}$/;
/** As long as what a crash has left has before SIGKILL. */
const GRACE_MS = 1_000;

export interface LostRecordsHost {
  /** The fleet's folder. */
  readonly folder: string;
  readonly runs: Runs;
  readonly cgroups: Cgroups | null;
}

/** The runs that processes of this fleet carry the token of, and no record names. */
export function runsWithoutRecord({folder, runs, cgroups}: LostRecordsHost, look: ProcessScan, now: number): Run[] {
  const found = new Map<string, Run>();
  for (const {pid, startTime} of strangersAmong(look, runs)) {
    const token = environmentValue(pid, TOKEN_VARIABLE) ?? '';
    // A supervisor within a worker has runs of its own, and another socket.
    if (!TOKEN.test(token) || runs.get(token) || environmentValue(pid, SOCKET_VARIABLE) !== join(folder, SOCKET))
      continue;
    const run: Run = found.get(token) ?? {
      ...newRun({token, id: '', stopSignal: 'SIGTERM', stopTimeoutMs: GRACE_MS, logStart: {out: 0, err: 0}}),
      adopted: true,
      exit: {code: null, signal: null, at: now},
      cgroup: cgroups?.cgroupOf(pid) ?? null,
    };
    run.orphans.set(pid, startTime);
    found.set(token, run);
  }
  return [...found.values()];
}

/** Processes of this fleet that are in no session of a run that is known. */
function strangersAmong(look: ProcessScan, runs: Runs): Stat[] {
  return [...look.family()].flatMap(pid => {
    const stat = look.table().get(pid);
    return stat === undefined || hasEnded(stat) || runs.ofPid(stat.sid) !== undefined ? [] : [stat];
  });
}
