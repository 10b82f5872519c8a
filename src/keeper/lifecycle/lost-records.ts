/**
 * Runs whose records were removed together with the keeper that would have rewritten them. They can't be adopted, since
 * their output and grants are unknown; but they must not run beside their successors either. Each becomes a run that
 * has ended in an unknown way and left processes behind.
 */
import {join} from 'node:path';
import type {Cgroups} from '../cgroup/cgroup.ts';
import {TOKEN_VARIABLE, type ProcessScan} from '../lineage/members.ts';
import type {Runs} from '../runs/runs.ts';
import {newRun, type Run} from '../runs/run.ts';
import {environmentValue} from '../../process/proc-files.ts';
import {hasEnded, type Stat} from '../../process/stat.ts';

/** The variable that names the fleet's socket in every process of a worker. */
const SOCKET_VARIABLE = 'BROOD_SOCKET';
const SOCKET = 'control.sock';
const TOKEN = /^[0-9a-f]{32}$/;
/** The time before SIGKILL, the same as for leftovers of a crash. */
const GRACE_MS = 1_000;

export interface LostRecordsHost {
  /** The fleet's folder. */
  readonly folder: string;
  readonly runs: Runs;
  readonly cgroups: Cgroups | null;
}

/** Returns the runs whose token processes of this fleet carry, and which no record names. */
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

/** Returns processes of this fleet that are in no session of a known run. */
function strangersAmong(look: ProcessScan, runs: Runs): Stat[] {
  return [...look.family()].flatMap(pid => {
    const stat = look.table().get(pid);
    return stat === undefined || hasEnded(stat) || runs.ofPid(stat.sid) !== undefined ? [] : [stat];
  });
}
