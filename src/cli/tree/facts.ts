/** The facts about a process in `brood tree`. Unknown facts are null. */
import {exitOfStatus} from '../../process/zombies.ts';
import {policyName} from '../../process/ps-stat.ts';
import {known} from '../../process/rows.ts';
import type {Snapshot} from '../../process/snapshot.ts';
import type {Terminals} from '../../process/terminals.ts';
import type {Users} from '../../process/users.ts';
import type {Place} from './choose.ts';

/** A process as `--json` prints it, without its children. */
export interface Facts {
  readonly pid: number;
  readonly ppid: number | null;
  readonly pgid: number | null;
  readonly sid: number | null;
  readonly state: string | null;
  readonly stat: string | null;
  readonly nice: number | null;
  readonly priority: number | null;
  readonly policy: string | null;
  readonly threads: number | null;
  readonly cpuPercent: number | null;
  readonly rssBytes: number | null;
  /** Present with `--pss`. */
  readonly pssBytes?: number | null;
  readonly startedAt: string | null;
  readonly user: string | null;
  readonly terminal: string | null;
  readonly cgroup: string | null;
  readonly name: string;
  readonly command: string | null;
  readonly kernelThread: boolean;
  readonly worker: string | null;
  readonly instance: number | null;
  readonly role: 'anchor' | 'keeper' | 'controller' | null;
  readonly orphan: boolean;
  /** How a zombie ended; null if the process has not ended, or this user may not see it. */
  readonly exit: {readonly code: number | null; readonly signal: string | null} | null;
}

export interface Naming {
  readonly users: Users;
  readonly terminals: Terminals;
}

export function factsOf(snapshot: Snapshot, {row, owner, role}: Place, {users, terminals}: Naming): Facts {
  const {rows} = snapshot;
  const {command, uid, cgroup} = snapshot.details(row);
  const policy = known(rows.policy[row]);
  const terminal = known(rows.terminal[row]);
  const startedAt = snapshot.startedAt(row);
  const cpuPercent = known(rows.cpuPercent[row]);
  const exitStatus = known(rows.exitStatus[row]);
  const pid = rows.pid[row] ?? 0;
  return {
    pid,
    ppid: known(rows.ppid[row]),
    pgid: known(rows.pgid[row]),
    sid: known(rows.sid[row]),
    state: snapshot.state(row),
    stat: snapshot.stat(row),
    nice: known(rows.nice[row]),
    priority: known(rows.priority[row]),
    policy: policy === null ? null : policyName(policy),
    threads: known(rows.threads[row]),
    cpuPercent: cpuPercent === null ? null : Math.round(cpuPercent * 10) / 10,
    rssBytes: known(rows.rssBytes[row]),
    startedAt: startedAt === null ? null : new Date(startedAt).toISOString(),
    user: uid === null ? null : users.name(uid),
    terminal: terminal === null ? null : terminals.name(terminal),
    cgroup,
    name: rows.name(row),
    command,
    kernelThread: snapshot.isKernelThread(row),
    worker: owner?.worker ?? null,
    instance: owner?.instance ?? null,
    role,
    orphan: owner?.orphan ?? false,
    exit: exitStatus === null || !snapshot.hasEnded(row) ? null : exitOfStatus(pid, exitStatus),
  };
}
