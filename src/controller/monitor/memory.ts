/** Measures the memory of instances, as exactly as a comparison with their limits needs. */
import type {Suspect} from './limits.ts';
import type {Readings} from './readings.ts';
import {sharedOutBytes} from '../../process/proc-files.ts';
import {readFleetTable} from '../../process/fleet-table.ts';
import type {Stat} from '../../process/stat.ts';
import type {Core} from '../../supervisor/index.ts';

/**
 * Returns bytes by id. Resident sets count shared memory once for each process: a freshly forked child has all that its
 * parent has. Only if they exceed the limit, the proportional share of each process is read, which takes the kernel
 * longer.
 */
export function memoryOf(readings: Readings, core: Core, suspects: readonly Suspect[]): Map<string, number> {
  const table = readFleetTable();
  const found = new Map<string, number>();
  for (const {id, limit} of suspects) {
    const instance = core.get(id);
    if (instance === undefined) continue;
    const {tree, rssBytes} = readings.of(instance, table);
    if (rssBytes === null) continue;
    found.set(
      id,
      rssBytes <= limit || tree.length === 1 ? rssBytes : tree.reduce((sum, stat) => sum + ownPart(stat), 0),
    );
  }
  return found;
}

const ownPart = ({pid, rssBytes}: Stat): number => sharedOutBytes(pid) ?? rssBytes;
