/** Finds deadlocks of file locks in the graph of channels. */
import type {LineageReport} from '../../control/reports.ts';
import {deadlocksOf} from '../../ipc/deadlocks.ts';
import {readChannels} from '../../ipc/graph.ts';
import {mayWaitForLocks} from '../../ipc/lock-table.ts';
import {PROC} from '../../ipc/source.ts';
import type {DeadlockFindings} from './findings.ts';

/**
 * Returns deadlocks of the fleet or of the whole machine. A cycle may lead through foreign processes, so all locks are
 * read once a process of the fleet waits for one. A cycle concerns the fleet if it contains one of its processes.
 */
export function deadlocksAmong(lineage: LineageReport | null, all: boolean): DeadlockFindings {
  const owners = new Map((lineage?.processes ?? []).map(entry => [entry.pid, entry]));
  const concerns = all || (owners.size > 0 && mayWaitForLocks(PROC, pid => owners.has(pid)));
  if (!concerns) return {deadlocks: [], leftOut: []};
  const {channels, processes, leftOut = []} = readChannels({kinds: new Set(['lock'])});
  const names = new Map(processes.map(({pid, name}) => [pid, name]));
  const deadlocks = deadlocksOf(channels)
    .map(({cycle}) => ({
      cycle: cycle.map(({pid, holds, waitsFor}) => ({
        pid,
        worker: owners.get(pid)?.worker ?? null,
        instance: owners.get(pid)?.instance ?? null,
        name: names.get(pid) ?? null,
        holds,
        waitsFor,
      })),
    }))
    .filter(({cycle}) => all || cycle.some(({pid}) => owners.has(pid)));
  return {deadlocks, leftOut};
}
