/**
 * Runs whose records were removed together with the keeper that would have written them again. They can't be adopted, since
 * nobody knows any more where their output goes and what they were granted; but they must not run beside their
 * successors either. Each is taken up as a run that has ended nobody knows how, and left something behind.
 */
import {join} from 'node:path';
import type {Cgroups} from './cgroup.ts';
import type {Look} from './members.ts';
import {newRun, type Run, type Runs} from './run.ts';
import {environmentValue} from '../process/facts.ts';
import type {Stat} from '../process/stat.ts';

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
export function runsWithoutRecord({folder, runs, cgroups}: LostRecordsHost, look: Look, now: number): Run[] {
  const socket = join(folder, SOCKET);
  const family = look.family();
  const isOurs = ({pid}: Stat): boolean => family.has(pid) && environmentValue(pid, SOCKET_VARIABLE) === socket;
  const found: Run[] = [];
  for (const [token, tagged] of look.tags()) {
    // A supervisor within a worker has runs of its own, and another socket.
    const members = !TOKEN.test(token) || runs.get(token) ? [] : tagged.filter(isOurs);
    const [first] = members;
    if (first === undefined) continue;
    const run: Run = {
      ...newRun({token, id: '', stopSignal: 'SIGTERM', stopTimeoutMs: GRACE_MS, logStart: {out: 0, err: 0}}),
      adopted: true,
      exit: {code: null, signal: null, at: now},
      cgroup: cgroups?.cgroupOf(first.pid) ?? null,
    };
    for (const {pid, startTime} of members) run.orphans.set(pid, startTime);
    found.push(run);
  }
  return found;
}
