/** How much memory instances have, as exactly as it takes to say that it is too much. */
import type {Suspect} from './limits.ts';
import type {Readings} from './readings.ts';
import {sharedOutBytes} from '../../process/proc-files.ts';
import {readFleetTable} from '../../process/fleet-table.ts';
import type {Stat} from '../../process/stat.ts';
import type {Core} from '../../supervisor/index.ts';

/**
 * In bytes, by id. What several processes share counts for each of them in their resident sets: a child just forked has all
 * that its parent has. Where these are more than the limit, everybody's part of it is asked for, which takes the kernel longer.
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
