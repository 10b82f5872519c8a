/** Deadlocks by file locks, found in the graph of channels. */
import type {LineageReport} from '../../control/messages.ts';
import {deadlocksOf} from '../../ipc/deadlocks.ts';
import {readChannels} from '../../ipc/graph.ts';
import type {Deadlock} from './findings.ts';

/**
 * Of the fleet, or of the whole machine. A circle may lead through strangers, so all locks are read; it concerns the fleet
 * where one of its processes is in it.
 */
export function deadlocksAmong(lineage: LineageReport | null, all: boolean): Deadlock[] {
  const {channels, processes} = readChannels({kinds: new Set(['lock'])});
  const names = new Map(processes.map(({pid, name}) => [pid, name]));
  const owners = new Map((lineage?.processes ?? []).map(entry => [entry.pid, entry]));
  return deadlocksOf(channels)
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
}
